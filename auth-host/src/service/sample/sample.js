// What makes the sample's forms quicker. Every page works without it.

const lang = document.documentElement.lang;

// ------------------------------------------------------------------ the country, by searching

const select = document.getElementById('country');
if (select && 'DisplayNames' in Intl && 'showModal' in HTMLDialogElement.prototype) {
  const names = new Intl.DisplayNames([lang], { type: 'region' });
  const plain = (words) => words.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const countries = [...select.options].map((option) => {
    const name = names.of(option.value) ?? option.value;
    const code = `+${option.dataset.code}`;
    option.textContent = `${name} ${code}`;
    return { option, name, code, words: plain(`${name} ${option.value} ${code}`) };
  }).sort((one, other) => one.name.localeCompare(other.name, lang));
  const choose = document.getElementById('choose');
  const dialog = document.getElementById('countries');
  const search = document.getElementById('search');
  const list = document.getElementById('found');
  const none = document.getElementById('none');

  const chosen = () => {
    const country = countries.find(({ option }) => option.selected);
    choose.textContent = `${country.name} ${country.code}`;
    choose.setAttribute('aria-label', `${document.querySelector('label[for=country]').textContent}: ${choose.textContent}`);
  };
  const draw = () => {
    const wanted = plain(search.value.trim());
    const found = countries.filter(({ words }) => words.includes(wanted));
    list.replaceChildren(...found.map(({ option, name, code }) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      const number = document.createElement('span');
      button.type = 'button';
      number.textContent = code;
      button.append(name, number);
      if (option.selected) button.setAttribute('aria-current', 'true');
      button.addEventListener('click', () => {
        option.selected = true;
        chosen();
        dialog.close();
        document.getElementById('number').focus();
      });
      item.append(button);
      return item;
    }));
    none.textContent = found.length === 0 ? none.dataset.text : '';
  };
  select.hidden = true;
  choose.hidden = false;
  chosen();
  choose.addEventListener('click', () => {
    search.value = '';
    draw();
    dialog.showModal();
    list.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' });
    search.focus();
  });
  search.addEventListener('input', draw);
  search.addEventListener('keydown', (event) => {
    const first = list.querySelector('button');
    if (event.key === 'Enter') { event.preventDefault(); first?.click(); }
    if (event.key === 'ArrowDown' && first) { event.preventDefault(); first.focus(); }
  });
  list.addEventListener('keydown', (event) => {
    const buttons = [...list.querySelectorAll('button')];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    (buttons[buttons.indexOf(document.activeElement) + step] ?? search).focus();
  });
  document.getElementById('close').addEventListener('click', () => dialog.close());
}

// ------------------------------------------------------------------ another code, once the wait is over

const resend = document.getElementById('resend');
if (resend) {
  const words = resend.textContent;
  const end = performance.now() + Number(resend.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    resend.disabled = left > 0;
    resend.textContent = left > 0 ? resend.dataset.wait.replace('{seconds}', left) : words;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}

// ------------------------------------------------------------------ the code from the message itself

const code = document.getElementById('code');
code?.focus();
// WebOTP: Chromium on Android, over https, for a message whose last line is `@host #code`. A test runs this with a
// stand-in; with a phone it was not run. Elsewhere `autocomplete="one-time-code"` does the same by a tap.
if (code && 'OTPCredential' in window) {
  const stop = new AbortController();
  code.form.addEventListener('submit', () => stop.abort());
  navigator.credentials.get({ otp: { transport: ['sms'] }, signal: stop.signal })
    .then((found) => { code.value = found.code; code.form.requestSubmit(); })
    .catch(() => {});
}
