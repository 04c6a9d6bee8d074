// Enough of Jira's markup for what the bot writes: headings, links, and signs that are escaped to mean nothing.

import { h } from "./dom.js";
import { link } from "./mrkdwn.js";

export function wiki(text) {
  const [before, ...rest] = text.split(/^h3\. (.*)\n/m);
  const sections = before.trim() ? [prose(before, "before")] : [];
  for (let at = 0; at < rest.length; at += 2) {
    sections.push(h("h4", { key: `head-${at}` }, plain(rest[at])), prose(rest[at + 1], `text-${at}`));
  }
  return sections;
}

export function prose(text, key) {
  return h("div", { class: "prose", key }, inline(text.trim()));
}

function inline(text) {
  return text.split(/((?<!\\)\[[^\]|]+\|[^\]]+\]|https?:\/\/[^\s<>|\]]+)/).map((piece, index) => {
    if (index % 2 === 0) return plain(piece);
    const [, name, url] = /^\[(.+)\|(.+)\]$/.exec(piece) ?? [null, piece, piece];
    return link(plain(url), plain(name));
  });
}

const plain = (text) => text.replace(/\\(.)/g, "$1").replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(code)).replaceAll("&amp;", "&");
