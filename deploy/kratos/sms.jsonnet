// What Ory Kratos posts to a webhook of the platform `kratos`: the number, the code, and no identity.
// Kratos' own default leaves the codes of login and registration out. An error here is six attempts and no message, so
// nothing is taken for granted.
function(ctx)
  local data = if std.get(ctx, 'template_data') != null then ctx.template_data else {};
  local headers = if std.get(ctx, 'request_headers') != null then ctx.request_headers else {};
  local first(name) =
    local values = std.get(headers, name);
    if std.isArray(values) && std.length(values) > 0 then values[0] else null;
  local codes = [
    data[name]
    for name in ['login_code', 'registration_code', 'verification_code', 'recovery_code']
    if std.isString(std.get(data, name)) && data[name] != ''
  ];
  {
    to: std.get(ctx, 'recipient', std.get(data, 'to')),
    template_type: std.get(ctx, 'template_type'),
    code: if std.length(codes) > 0 then codes[0] else null,
    expires_in_minutes: std.get(data, 'expires_in_minutes'),
    accept_language: first('Accept-Language'),
    client_ip: first('True-Client-Ip'),
  }
