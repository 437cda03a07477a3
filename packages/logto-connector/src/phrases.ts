/** Texts for the person who waits for a code, in the languages of Logto's sign-in page. */

export type Phrase =
  | 'maybe-sent'
  | 'too-many'
  | 'used-up'
  | 'check-number'
  | 'not-delivered'
  | 'try-again'
  | 'ask-administrator';

/** In the order of {@link ORDER}. */
type Texts = readonly [string, string, string, string, string, string, string];

const ORDER: readonly Phrase[] = [
  'maybe-sent', 'too-many', 'used-up', 'check-number', 'not-delivered', 'try-again', 'ask-administrator',
];

/** Logto's built-in languages (`packages/phrases-experience/src/index.ts`). */
const TEXTS = {
  en: [
    'The message may be on its way. Wait a minute before you ask for another.',
    'Too many messages were requested. Wait before you ask for another.',
    'No more messages can be sent at the moment.',
    'The message cannot be sent to this number. Check it.',
    'Messages cannot be delivered to this number.',
    'The message was not sent. Try again.',
    'The message was not sent. Ask the administrator to check the SMS connector.',
  ],
  ar: [
    'قد تكون الرسالة في طريقها إليك. انتظر دقيقة قبل طلب رسالة أخرى.',
    'تم طلب رسائل كثيرة جدًا. انتظر قبل طلب رسالة أخرى.',
    'لا يمكن إرسال المزيد من الرسائل في الوقت الحالي.',
    'لا يمكن إرسال الرسالة إلى هذا الرقم. تحقق منه.',
    'لا يمكن توصيل الرسائل إلى هذا الرقم.',
    'لم يتم إرسال الرسالة. حاول مرة أخرى.',
    'لم يتم إرسال الرسالة. اطلب من المسؤول التحقق من موصل الرسائل القصيرة.',
  ],
  de: [
    'Die Nachricht ist möglicherweise unterwegs. Warten Sie eine Minute, bevor Sie eine weitere anfordern.',
    'Es wurden zu viele Nachrichten angefordert. Warten Sie, bevor Sie eine weitere anfordern.',
    'Zurzeit können keine weiteren Nachrichten gesendet werden.',
    'An diese Nummer kann die Nachricht nicht gesendet werden. Prüfen Sie die Nummer.',
    'An diese Nummer können keine Nachrichten zugestellt werden.',
    'Die Nachricht wurde nicht gesendet. Versuchen Sie es noch einmal.',
    'Die Nachricht wurde nicht gesendet. Bitten Sie den Administrator, den SMS-Connector zu prüfen.',
  ],
  es: [
    'Es posible que el mensaje esté en camino. Espere un minuto antes de pedir otro.',
    'Se han solicitado demasiados mensajes. Espere antes de pedir otro.',
    'No se pueden enviar más mensajes en este momento.',
    'No se puede enviar el mensaje a este número. Compruébelo.',
    'No se pueden entregar mensajes a este número.',
    'El mensaje no se ha enviado. Inténtelo de nuevo.',
    'El mensaje no se ha enviado. Pida al administrador que revise el conector de SMS.',
  ],
  fr: [
    'Le message est peut-être en route. Attendez une minute avant d’en demander un autre.',
    'Trop de messages ont été demandés. Attendez avant d’en demander un autre.',
    'Aucun autre message ne peut être envoyé pour le moment.',
    'Le message ne peut pas être envoyé à ce numéro. Vérifiez-le.',
    'Les messages ne peuvent pas être remis à ce numéro.',
    'Le message n’a pas été envoyé. Réessayez.',
    'Le message n’a pas été envoyé. Demandez à l’administrateur de vérifier le connecteur SMS.',
  ],
  it: [
    'Il messaggio potrebbe essere in arrivo. Attendi un minuto prima di richiederne un altro.',
    'Sono stati richiesti troppi messaggi. Attendi prima di richiederne un altro.',
    'Al momento non è possibile inviare altri messaggi.',
    'Il messaggio non può essere inviato a questo numero. Controllalo.',
    'I messaggi non possono essere consegnati a questo numero.',
    'Il messaggio non è stato inviato. Riprova.',
    'Il messaggio non è stato inviato. Chiedi all’amministratore di controllare il connettore SMS.',
  ],
  ja: [
    'メッセージは送信されている可能性があります。1分待ってから、もう一度リクエストしてください。',
    'メッセージのリクエストが多すぎます。しばらく待ってから、もう一度リクエストしてください。',
    '現在、これ以上メッセージを送信できません。',
    'この番号にはメッセージを送信できません。番号を確認してください。',
    'この番号にはメッセージを配信できません。',
    'メッセージは送信されませんでした。もう一度お試しください。',
    'メッセージは送信されませんでした。SMSコネクターの確認を管理者に依頼してください。',
  ],
  ko: [
    '메시지가 전송되는 중일 수 있습니다. 1분 후에 다시 요청해 주세요.',
    '메시지를 너무 많이 요청했습니다. 잠시 기다린 후 다시 요청해 주세요.',
    '현재 더 이상 메시지를 보낼 수 없습니다.',
    '이 번호로 메시지를 보낼 수 없습니다. 번호를 확인해 주세요.',
    '이 번호로는 메시지를 전달할 수 없습니다.',
    '메시지가 전송되지 않았습니다. 다시 시도해 주세요.',
    '메시지가 전송되지 않았습니다. 관리자에게 SMS 커넥터를 확인해 달라고 요청하세요.',
  ],
  'pl-PL': [
    'Wiadomość może być już w drodze. Poczekaj minutę, zanim poprosisz o kolejną.',
    'Zażądano zbyt wielu wiadomości. Poczekaj, zanim poprosisz o kolejną.',
    'W tej chwili nie można wysłać więcej wiadomości.',
    'Nie można wysłać wiadomości na ten numer. Sprawdź go.',
    'Nie można dostarczać wiadomości na ten numer.',
    'Wiadomość nie została wysłana. Spróbuj ponownie.',
    'Wiadomość nie została wysłana. Poproś administratora o sprawdzenie konektora SMS.',
  ],
  'pt-BR': [
    'A mensagem pode estar a caminho. Aguarde um minuto antes de pedir outra.',
    'Muitas mensagens foram solicitadas. Aguarde antes de pedir outra.',
    'Não é possível enviar mais mensagens no momento.',
    'Não é possível enviar a mensagem para este número. Verifique-o.',
    'Não é possível entregar mensagens neste número.',
    'A mensagem não foi enviada. Tente novamente.',
    'A mensagem não foi enviada. Peça ao administrador que verifique o conector de SMS.',
  ],
  'pt-PT': [
    'A mensagem pode estar a caminho. Aguarde um minuto antes de pedir outra.',
    'Foram pedidas demasiadas mensagens. Aguarde antes de pedir outra.',
    'De momento, não é possível enviar mais mensagens.',
    'Não é possível enviar a mensagem para este número. Verifique-o.',
    'Não é possível entregar mensagens a este número.',
    'A mensagem não foi enviada. Tente novamente.',
    'A mensagem não foi enviada. Peça ao administrador que verifique o conector de SMS.',
  ],
  ru: [
    'Возможно, сообщение уже отправлено. Подождите минуту, прежде чем запрашивать новое.',
    'Запрошено слишком много сообщений. Подождите, прежде чем запрашивать новое.',
    'Сейчас больше нельзя отправлять сообщения.',
    'На этот номер нельзя отправить сообщение. Проверьте номер.',
    'Сообщения на этот номер не доставляются.',
    'Сообщение не отправлено. Попробуйте ещё раз.',
    'Сообщение не отправлено. Попросите администратора проверить SMS-коннектор.',
  ],
  th: [
    'ข้อความอาจกำลังส่งอยู่ โปรดรอหนึ่งนาทีก่อนขอข้อความใหม่',
    'มีการขอข้อความมากเกินไป โปรดรอก่อนขอข้อความใหม่',
    'ขณะนี้ไม่สามารถส่งข้อความเพิ่มได้',
    'ไม่สามารถส่งข้อความไปยังหมายเลขนี้ได้ โปรดตรวจสอบหมายเลข',
    'ไม่สามารถนำส่งข้อความไปยังหมายเลขนี้ได้',
    'ข้อความไม่ได้ถูกส่ง โปรดลองอีกครั้ง',
    'ข้อความไม่ได้ถูกส่ง โปรดแจ้งผู้ดูแลระบบให้ตรวจสอบตัวเชื่อมต่อ SMS',
  ],
  'tr-TR': [
    'Mesaj yolda olabilir. Yenisini istemeden önce bir dakika bekleyin.',
    'Çok fazla mesaj istendi. Yenisini istemeden önce bekleyin.',
    'Şu anda daha fazla mesaj gönderilemiyor.',
    'Mesaj bu numaraya gönderilemiyor. Numarayı kontrol edin.',
    'Bu numaraya mesaj iletilemiyor.',
    'Mesaj gönderilmedi. Tekrar deneyin.',
    'Mesaj gönderilmedi. Yöneticiden SMS bağlayıcısını kontrol etmesini isteyin.',
  ],
  'uk-UA': [
    'Можливо, повідомлення вже надіслано. Зачекайте хвилину, перш ніж запитувати нове.',
    'Запитано забагато повідомлень. Зачекайте, перш ніж запитувати нове.',
    'Зараз більше не можна надсилати повідомлення.',
    'На цей номер не можна надіслати повідомлення. Перевірте номер.',
    'Повідомлення на цей номер не доставляються.',
    'Повідомлення не надіслано. Спробуйте ще раз.',
    'Повідомлення не надіслано. Попросіть адміністратора перевірити SMS-конектор.',
  ],
  'zh-CN': [
    '短信可能已在发送途中。请等待一分钟后再重新获取。',
    '请求的短信过多，请稍后再重新获取。',
    '目前无法发送更多短信。',
    '无法向该号码发送短信，请检查号码。',
    '短信无法送达该号码。',
    '短信未发送，请重试。',
    '短信未发送，请联系管理员检查短信连接器。',
  ],
  'zh-HK': [
    '短訊可能已在發送途中。請等待一分鐘後再重新獲取。',
    '請求的短訊過多，請稍後再重新獲取。',
    '目前無法發送更多短訊。',
    '無法向此號碼發送短訊，請檢查號碼。',
    '短訊無法送達此號碼。',
    '短訊未發送，請重試。',
    '短訊未發送，請聯絡管理員檢查短訊連接器。',
  ],
  'zh-TW': [
    '簡訊可能已在傳送途中。請等待一分鐘後再重新取得。',
    '要求的簡訊過多，請稍後再重新取得。',
    '目前無法傳送更多簡訊。',
    '無法向此號碼傳送簡訊，請檢查號碼。',
    '簡訊無法送達此號碼。',
    '簡訊未傳送，請重試。',
    '簡訊未傳送，請聯絡管理員檢查簡訊連接器。',
  ],
} as const satisfies Record<string, Texts>;

export type Language = keyof typeof TEXTS;

export const LANGUAGES = Object.keys(TEXTS) as Language[];

/** The phrase in the first of the person's languages that there is, else in English. */
export function phrase(which: Phrase, locales: readonly string[]): string {
  const language = locales.map(languageOf).find((found) => found !== undefined) ?? 'en';
  const index = ORDER.indexOf(which);
  return TEXTS[language][index] ?? TEXTS.en[index] ?? '';
}

/** The language that a tag asks for, region and script aside where they make no difference here. */
function languageOf(tag: string): Language | undefined {
  const locale = parsed(tag);
  if (locale === undefined) return undefined;
  const { language, script, region } = locale.maximize();
  switch (language) {
    case 'zh':
      if (script !== 'Hant') return 'zh-CN';
      return region === 'HK' || region === 'MO' ? 'zh-HK' : 'zh-TW';
    case 'pt':
      return region === 'BR' ? 'pt-BR' : 'pt-PT';
    default:
      return LANGUAGES.find((known) => known.split('-')[0] === language);
  }
}

function parsed(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag.replaceAll('_', '-'));
  } catch {
    return undefined;
  }
}
