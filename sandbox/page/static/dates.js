// Times as the reader sees them: their own zone, their own words, measured against the procedure's clock.

let clock = new Date();

export function setClock(now) {
  clock = now;
}

const shown = (options) => {
  const format = new Intl.DateTimeFormat(undefined, options);
  return (date) => format.format(date);
};

export const time = shown({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const timeWithSeconds = shown({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const shortDate = shown({ weekday: "short", day: "numeric", month: "short" });
export const dateWithYear = shown({ day: "numeric", month: "short", year: "numeric" });
export const zone = (date) =>
  new Intl.DateTimeFormat(undefined, { timeZoneName: "short" }).formatToParts(date).find((p) => p.type === "timeZoneName")
    ?.value ?? "";
const longDate = shown({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const plainDate = shown({ day: "numeric", month: "long", year: "numeric" });
const numericDate = shown({ year: "numeric", month: "2-digit", day: "2-digit" });

const dayNumber = (date) => Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / 864e5);

function nearby(date) {
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[dayNumber(date) - dayNumber(clock)];
}

export function day(date) {
  const word = nearby(date);
  return word ? word[0].toUpperCase() + word.slice(1) : shown({ weekday: "long", day: "numeric", month: "long" })(date);
}

export const sameDay = (a, b) => dayNumber(a) === dayNumber(b);

export function stamp(date) {
  return nearby(date) === "today" ? time(date) : `${shortDate(date)}, ${time(date)}`;
}

export const fromTs = (ts) => new Date(Number.parseFloat(ts) * 1000);

function ago(date) {
  const seconds = Math.round((date.getTime() - clock.getTime()) / 1000);
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(
    ([size]) => Math.abs(seconds) >= size,
  ) ?? [1, "second"];
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

const TOKENS = {
  date_num: numericDate,
  date: plainDate,
  date_short: dateWithYear,
  date_long: longDate,
  date_pretty: (date) => nearby(date) ?? plainDate(date),
  date_short_pretty: (date) => nearby(date) ?? dateWithYear(date),
  date_long_pretty: (date) => nearby(date) ?? longDate(date),
  time,
  time_secs: timeWithSeconds,
  ago,
};

// Slack's `<!date^…>` format: tokens in braces; an unknown token means the fallback is shown.
export function formatted(seconds, format, fallback) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return fallback;
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (_, token) => {
    if (!Object.hasOwn(TOKENS, token)) known = false;
    return known ? TOKENS[token](date) : "";
  });
  return known ? text : fallback;
}
