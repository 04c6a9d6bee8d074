// Slack's mrkdwn → nodes. Everything is untrusted: text becomes text nodes, links only http(s) and mailto.

import { h } from "./dom.js";
import { formatted } from "./dates.js";
import { withEmoji } from "./emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

export const unescaped = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

export function safeLink(url) {
  return /^(?:https?:\/\/|mailto:)/i.test(url) ? url : null;
}

export function link(url, label) {
  const href = safeLink(url);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label) : label;
}

// `names` answers who and what an id is: { user(id), channel(id), openChannel(id), me }.
export function mrkdwn(text, names) {
  return String(text ?? "")
    .split(/(```[^]*?```)/)
    .flatMap((part, index, all) => {
      // A line break beside or just inside a block is the block's own.
      if (index % 2) return [h("pre", null, unescaped(part.slice(3, -3).replace(/^\n|\n$/g, "")))];
      let plain = part;
      if (index > 0) plain = plain.replace(/^\n/, "");
      if (index < all.length - 1) plain = plain.replace(/\n$/, "");
      return plain ? lines(plain, names) : [];
    });
}

function lines(text, names) {
  const out = [];
  let quote = null;
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>)\s?(.*)$/.exec(line);
    if (quoted) {
      if (quote) quote.push(h("br"), ...inline(quoted[1], names));
      else out.push({ quote: (quote = inline(quoted[1], names)) });
    } else {
      if (out.length > 0 && !quote) out.push(h("br"));
      quote = null;
      out.push(...inline(line, names));
    }
  }
  return out.map((node) => (node.quote ? h("blockquote", null, ...node.quote) : node));
}

// In order: code, <…>, bold, italic, strike, bare links. The marks must hug their words, as Slack wants.
const INLINE = new RegExp(
  [
    "(?<code>`[^`\\n]+`)",
    "(?<angle><[^<>\\n]+>)",
    "(?<![\\p{L}\\p{N}*])(?<bold>\\*(?=\\S)[^*\\n]*?[^\\s*]\\*)(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])(?<italic>_(?=\\S)[^_\\n]*?[^\\s_]_)(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])(?<strike>~(?=\\S)[^~\\n]*?[^\\s~]~)(?![\\p{L}\\p{N}~])",
    "(?<bare>https?:\\/\\/[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"*_~])",
  ].join("|"),
  "gu",
);

export function inline(text, names) {
  const out = [];
  let from = 0;
  const plain = (piece) => piece && out.push(withEmoji(unescaped(piece)));
  for (const found of text.matchAll(INLINE)) {
    plain(text.slice(from, found.index));
    from = found.index + found[0].length;
    const { code, angle, bold, italic, strike, bare } = found.groups;
    if (code) out.push(h("code", null, unescaped(code.slice(1, -1))));
    else if (angle) out.push(reference(angle.slice(1, -1), names));
    else if (bold) out.push(h("strong", null, ...inline(bold.slice(1, -1), names)));
    else if (italic) out.push(h("em", null, ...inline(italic.slice(1, -1), names)));
    else if (strike) out.push(h("s", null, ...inline(strike.slice(1, -1), names)));
    else out.push(link(unescaped(bare), unescaped(bare)));
  }
  plain(text.slice(from));
  return out;
}

function reference(inside, names) {
  const [target, ...rest] = inside.split("|");
  const label = rest.length > 0 ? unescaped(rest.join("|")) : null;
  if (/^@[A-Z0-9]+$/.test(target)) return mention(target.slice(1), label, names);
  if (/^#[A-Z0-9]+$/.test(target)) return channelLink(target.slice(1), label, names);
  if (target.startsWith("!date^")) return dateReference(target, label);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, label ?? "@group");
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${label ?? target.slice(1)}`);
  return link(unescaped(target), label ?? unescaped(target).replace(/^mailto:/, ""));
}

export function mention(id, label, names) {
  const name = names.user(id)?.name ?? label ?? id;
  return h("span", { class: id === names.me ? "mention mention-me" : "mention" }, `@${name}`);
}

export function channelLink(id, label, names) {
  const name = names.channel(id)?.name ?? label ?? id;
  return h("button", { type: "button", class: "mention mention-channel", onclick: () => names.openChannel(id) }, `#${name}`);
}

function dateReference(target, fallback) {
  const [, seconds, format = "{date} {time}", url] = target.split("^");
  const text = formatted(Number(seconds), unescaped(format), fallback ?? seconds);
  const date = new Date(Number(seconds) * 1000);
  const known = !Number.isNaN(date.getTime());
  const shown = known ? h("time", { datetime: date.toISOString(), title: date.toUTCString() }, text) : text;
  return url ? link(unescaped(url), shown) : shown;
}

// For places that take text only: labels of options, titles, previews.
export function asText(object) {
  if (!object) return "";
  if (typeof object === "string") return object;
  if (object.type !== "mrkdwn") return withEmoji(object.text ?? "");
  return withEmoji(unescaped((object.text ?? "").replace(/<[^<>|]+\|([^<>]+)>/g, "$1").replace(/[*_~`]/g, "")));
}

export function textObject(object, names) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : [withEmoji(object.text ?? "")];
}
