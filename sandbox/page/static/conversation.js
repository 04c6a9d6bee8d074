// The middle of the page: a conversation, one of its threads beside it, or the app's home tab.

import { h } from "./dom.js";
import { blocks, messageBody } from "./blocks.js";
import { composer } from "./composer.js";
import { day, fromTs, sameDay, shortDate, stamp, time } from "./dates.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, nameOf } from "./people.js";
import { messageSurface, viewSurface } from "./surfaces.js";

export function conversation(app) {
  const { state, ui } = app;
  const channel = state.channels.find((candidate) => candidate.id === ui.channel);
  const isApp = ui.channel === "app" || Boolean(channel?.dm);
  const atHome = isApp && (ui.appTab === "home" || !channel);
  const name = isApp ? state.botName : (channel?.name ?? "");
  return h(
    "section",
    { class: "talk-main", "aria-label": isApp ? name : `Channel ${name}`, key: "main", inert: state.views.length > 0 },
    head(app, channel, isApp, atHome, name),
    atHome ? home(app) : null,
    !atHome && channel ? messageList(app, channel) : null,
    !atHome && channel
      ? composer(app, {
          channel: channel.id,
          placeholder: isApp ? `Message ${name}, or type /` : `Message #${name}, or type /`,
          testid: "composer",
        })
      : null,
  );
}

function head(app, channel, isApp, atHome, name) {
  return h(
    "header",
    { class: "talk-head" },
    h("h1", null, isApp ? avatar(app.state.bot, app.state, "small") : icon(channel?.private ? "lock" : "hash", 18), h("span", null, name)),
    channel?.topic ? h("p", { class: "talk-topic", title: channel.topic }, channel.topic) : null,
    isApp
      ? h(
          "div",
          { class: "segments", role: "tablist", "aria-label": name },
          appTab(app, "home", "Home", atHome),
          channel ? appTab(app, "messages", "Messages", !atHome) : null,
        )
      : null,
  );
}

function appTab(app, id, label, active) {
  return h(
    "button",
    { type: "button", role: "tab", "aria-selected": active ? "true" : "false", "data-testid": `app-tab-${id}`, onclick: () => app.openAppTab(id) },
    label,
  );
}

function home(app) {
  const opened = app.state.home;
  return h(
    "div",
    { class: "scroll home", key: "home", tabindex: 0, role: "tabpanel", "aria-label": "Home", "data-testid": "app-home" },
    opened
      ? h("div", { class: "home-blocks" }, blocks(opened.view.blocks, viewSurface(app, opened, `home-${opened.id}`)))
      : h("div", { class: "empty" }, icon("bolt", 28), h("p", null, "The app has not drawn its home tab for this person yet.")),
  );
}

// --- messages

function messageList(app, channel) {
  const all = app.state.messages[channel.id] ?? [];
  const standing = new Set(all.map((message) => message.ts));
  const top = all.filter((m) => !m.thread_ts || m.thread_ts === m.ts || !standing.has(m.thread_ts));
  const replies = byThread(all);
  const rows = [];
  let before = null;
  for (const message of top) {
    const date = fromTs(message.ts);
    if (!before || !sameDay(date, fromTs(before.ts))) {
      rows.push(h("div", { class: "day", key: `day-${date.toDateString()}`, role: "separator" }, h("span", null, day(date))));
      before = null;
    }
    rows.push(row(app, channel, message, { continued: continues(before, message), replies: replies.get(message.ts) ?? [] }));
    before = message;
  }
  return h(
    "div",
    { class: "scroll messages", key: `messages-${channel.id}`, mount: app.stickToEnd, tabindex: 0, role: "log", "aria-label": "Messages" },
    h("div", { class: "messages-inner" }, rows.length ? rows : nothingYet(channel)),
  );
}

function nothingYet(channel) {
  return h("div", { class: "empty" }, icon("talk", 28), h("p", null, channel.dm ? "The app has not written to this person yet." : "Nothing has been said here yet."));
}

function byThread(all) {
  const threads = new Map();
  for (const message of all) {
    if (!message.thread_ts || message.thread_ts === message.ts) continue;
    threads.set(message.thread_ts, [...(threads.get(message.thread_ts) ?? []), message]);
  }
  return threads;
}

function continues(before, message) {
  return (
    before !== null &&
    before.from === message.from &&
    before.ephemeral === message.ephemeral &&
    !before.blocks.length &&
    !message.blocks.length &&
    fromTs(message.ts) - fromTs(before.ts) < 5 * 60_000
  );
}

// `parent` marks the first message of an open thread: drawn a second time, so without the tests' hooks.
function row(app, channel, message, { continued = false, replies = null, parent = false }) {
  const { state, ui } = app;
  const date = fromTs(message.ts);
  const name = message.bot ? state.botName : nameOf(message.from, state);
  const surface = messageSurface(app, channel.id, message, !parent);
  const history = `${channel.id}/${message.ts}`;
  return h(
    "article",
    {
      class: `message ${continued ? "is-continued" : ""} ${message.ephemeral ? "is-ephemeral" : ""}`,
      key: message.ts,
      tabindex: -1,
      "data-testid": parent ? "thread-parent" : `message-${message.ts}`,
      "aria-label": `${name}, ${time(date)}`,
    },
    h("div", { class: "message-side" }, continued ? h("time", { class: "message-hover-time", datetime: date.toISOString() }, time(date)) : avatar(message.bot ? state.bot : message.from, state)),
    h(
      "div",
      { class: "message-main" },
      message.ephemeral ? h("p", { class: "ephemeral-note" }, icon("eye", 14), "Only visible to you") : null,
      continued
        ? null
        : h(
            "header",
            { class: "message-head" },
            h("strong", null, name),
            message.bot ? h("span", { class: "badge" }, "APP") : null,
            h("time", { datetime: date.toISOString(), title: date.toLocaleString() }, time(date)),
          ),
      h("div", { class: "message-body" }, messageBody(message, surface)),
      message.earlier.length && !parent ? historyOf(app, message, history, ui.history === history) : null,
      replies?.length ? replyBar(app, channel, message, replies) : null,
    ),
    replies && !message.ephemeral
      ? h("button", { type: "button", class: "message-reply", "aria-label": "Reply in thread", title: "Reply in thread", onclick: () => app.openThread(channel.id, message.ts) }, icon("thread", 18))
      : null,
  );
}

// Slack shows no mark when an app changes its blocks; an auditor should see that a message is not a record.
function historyOf(app, message, key, open) {
  const count = message.earlier.length;
  const label = message.edited ? "edited" : count === 1 ? "updated once" : `updated ${count} times`;
  return h(
    "div",
    { class: "message-history" },
    h("button", { type: "button", class: "link-quiet", "aria-expanded": open ? "true" : "false", onclick: () => app.toggleHistory(key) }, `(${label})`),
    open
      ? h(
          "ol",
          null,
          message.earlier.map((version) =>
            h("li", { key: version.at }, h("time", null, stamp(fromTs(version.at))), h("div", null, mrkdwn(version.text, app.names))),
          ),
        )
      : null,
  );
}

function replyBar(app, channel, message, replies) {
  const writers = [...new Set(replies.map((reply) => (reply.bot ? app.state.bot : reply.from)))].slice(0, 4);
  const last = fromTs(replies[replies.length - 1].ts);
  return h(
    "button",
    {
      type: "button",
      class: "reply-bar",
      "data-testid": `replies-${message.ts}`,
      onclick: () => app.openThread(channel.id, message.ts),
    },
    h("span", { class: "reply-faces" }, writers.map((id) => avatar(id, app.state, "tiny"))),
    h("strong", null, replies.length === 1 ? "1 reply" : `${replies.length} replies`),
    h("span", { class: "reply-last" }, `Last ${sameDay(last, new Date(app.state.now)) ? "at" : "on"} ${stamp(last)}`),
  );
}

// --- the thread beside it

export function thread(app) {
  const { state, ui } = app;
  if (!ui.thread) return null;
  const channel = state.channels.find((candidate) => candidate.id === ui.thread.channel);
  const all = state.messages[ui.thread.channel] ?? [];
  const parent = all.find((message) => message.ts === ui.thread.ts);
  if (!channel || !parent) return null;
  const replies = all.filter((message) => message.thread_ts === parent.ts && message.ts !== parent.ts);
  let before = null;
  const rows = replies.map((message) => {
    const drawn = row(app, channel, message, { continued: continues(before, message) });
    before = message;
    return drawn;
  });
  return h(
    "section",
    { class: "thread", "aria-label": "Thread", "data-testid": "thread-panel", key: "thread", inert: state.views.length > 0 },
    h(
      "header",
      { class: "talk-head" },
      h("button", { type: "button", class: "ghost thread-back", "aria-label": "Back to the conversation", onclick: app.closeThread }, icon("back")),
      h("h1", null, h("span", null, "Thread")),
      h("p", { class: "talk-topic" }, channel.dm ? state.botName : `#${channel.name}`),
      h("button", { type: "button", class: "ghost thread-close", "aria-label": "Close the thread", "data-testid": "thread-close", onclick: app.closeThread, mount: (node) => node.focus({ preventScroll: true }) }, icon("close")),
    ),
    h(
      "div",
      { class: "scroll messages", key: `thread-${parent.ts}`, mount: app.stickToEnd, tabindex: 0, role: "log", "aria-label": "Thread" },
      h(
        "div",
        { class: "messages-inner" },
        row(app, channel, parent, { parent: true }),
        h("div", { class: "day thread-rule", role: "separator" }, h("span", null, replies.length === 1 ? "1 reply" : `${replies.length} replies`, " · ", shortDate(fromTs(parent.ts)))),
        rows,
      ),
    ),
    composer(app, { channel: channel.id, threadTs: parent.ts, placeholder: "Reply…", testid: "thread-composer" }),
  );
}
