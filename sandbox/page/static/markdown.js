// Enough Markdown for the records the bot writes: headings, tables, paragraphs, bold and code.

import { h } from "./dom.js";

export function markdown(text) {
  return text.trim().split(/\n{2,}/).map(block);
}

function block(source, index) {
  const [, marks, title] = /^(#{1,3}) (.*)$/.exec(source) ?? [];
  if (marks) return h(`h${marks.length + 2}`, { key: index }, inline(title));
  if (source.startsWith("|")) return table(source.split("\n"), index);
  return h("p", { key: index }, inline(source.replaceAll("\n", " ")));
}

function table(lines, index) {
  const [head, , ...rows] = lines.map(cells);
  const named = head.some(Boolean);
  return h(
    "div",
    { class: "markdown-table", key: index, tabindex: 0 },
    h(
      "table",
      { class: named ? "" : "is-plain" },
      named ? h("thead", null, h("tr", null, head.map((cell, at) => h("th", { key: at, scope: "col" }, inline(cell))))) : null,
      h("tbody", null, rows.map((row, at) => h("tr", { key: at }, row.map((cell, column) => h(!named && column === 0 ? "th" : "td", { key: column, scope: !named && column === 0 ? "row" : null }, inline(cell)))))),
    ),
  );
}

const cells = (line) => line.replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((piece) => {
    if (piece.startsWith("`")) return h("code", null, piece.slice(1, -1));
    if (piece.startsWith("**")) return h("strong", null, piece.slice(2, -2));
    return piece;
  });
}
