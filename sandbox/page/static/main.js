// Keeps what the page knows and what the reader does with it, and draws both.
// `state` is the server's snapshot for the person being played; `ui` is this reader's own.

import { listenToWorld, Refused, send, snapshot } from "./api.js";
import { setClock } from "./dates.js";
import { patch } from "./dom.js";
import { frame } from "./frame.js";
import { leafHash } from "./ledger.js";
import { recall, remember } from "./memory.js";
import { focusFirstFault } from "./modal.js";

const root = document.getElementById("page");

const ui = {
  as: recall("as", null),
  channel: null,
  channels: recall("channels", {}), // the conversation each person had open last
  appTab: "messages",
  thread: null,
  history: null,
  pane: "talk",
  tab: recall("tab", "ticket"),
  ticket: null,
  pull: null, // which pull request is open: its number, 0 for none, null for the newest
  editing: null, // the review whose words are being edited
  file: null, // what is open of the evidence repository: its path, and the text as it was at `head`
  entry: null,
  leafChecks: {},
  drafts: {},
  offer: -1,
  offersHidden: null,
  busy: new Set(),
  moving: null,
  verdict: null,
  verifying: false,
  connected: true,
  hint: !recall("hintSeen", false),
  toasts: [],
  read: recall("read", {}),
  seenTabs: {},
};

const app = { state: null, ui, render, order, busily, dismiss };

// --- drawing

let scheduled = false;

function render() {
  if (scheduled || !app.state) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    draw();
  });
}

function draw() {
  markRead();
  patch(root, frame(app));
}

// A conversation that is read at its end stays at its end, whatever grows or shrinks; elsewhere it stays put.
app.stickToEnd = (list) => {
  let atEnd = true;
  list.addEventListener("scroll", () => {
    atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  });
  const sizes = new ResizeObserver(() => {
    if (atEnd) list.scrollTop = list.scrollHeight;
  });
  sizes.observe(list);
  sizes.observe(list.firstElementChild);
  list.scrollTop = list.scrollHeight;
};

// --- state

let fetching = null;
let again = false;

// One request at a time; changes that arrive meanwhile are fetched once more, together.
function refresh() {
  if (fetching) {
    again = true;
    return fetching;
  }
  fetching = (async () => {
    do {
      again = false;
      const asked = ui.as;
      const state = await snapshot(asked);
      if (asked === ui.as) take(state);
      else again = true;
    } while (again);
  })().finally(() => {
    fetching = null;
  });
  return fetching;
}

function take(state) {
  ui.as = state.me;
  const bot = state.users[state.bot];
  state.botName = bot?.name ?? "App";
  state.dm = state.channels.find((channel) => channel.dm) ?? null;
  app.state = state;
  app.names = {
    me: state.me,
    user: (id) => state.users[id],
    channel: (id) => state.channels.find((channel) => channel.id === id),
    group: (id) => state.usergroups[id],
    openChannel: app.openChannel,
  };
  setClock(new Date(state.now));
  if (ui.file && ui.file.head !== state.evidence.head) {
    if (state.evidence.files.some((file) => file.path === ui.file.path)) app.openFile(ui.file.path);
    else ui.file = null;
  }
  const known = [...state.channels.map((channel) => channel.id), "app"];
  if (!known.includes(ui.channel)) ui.channel = ui.channels[state.me];
  if (!known.includes(ui.channel)) ui.channel = busiest(state);
  if (ui.channel === "app" && state.dm) ui.channel = state.dm.id;
  for (const tab of ["ticket", "access", "evidence", "ledger"]) ui.seenTabs[tab] ??= fingerprint(tab);
  draw();
}

// Where to begin: the channel in which something was said last.
function busiest(state) {
  const last = (channel) => state.messages[channel.id]?.at(-1)?.ts ?? "0";
  const channels = state.channels.filter((channel) => !channel.dm);
  return channels.sort((a, b) => last(b) - last(a))[0]?.id ?? "app";
}

function fingerprint(tab) {
  const { tickets, teams, evidence, ledger } = app.state;
  return JSON.stringify({ ticket: tickets, access: teams, evidence: [evidence.head, evidence.pulls], ledger: ledger[0]?.sequence ?? 0 }[tab]);
}

const latest = (channel) => {
  const list = app.state.messages[channel] ?? [];
  return list.length ? list[list.length - 1].ts : "0";
};

function markRead() {
  if (document.visibilityState === "visible") ui.seenTabs[ui.tab] = app.state ? fingerprint(ui.tab) : undefined;
  const shown = ui.channel !== "app" && !(app.state.dm?.id === ui.channel && ui.appTab === "home");
  if (!shown || document.visibilityState !== "visible") return;
  const mine = (ui.read[app.state.me] ??= {});
  if (mine[ui.channel] === latest(ui.channel)) return;
  mine[ui.channel] = latest(ui.channel);
  remember("read", ui.read);
}

app.unread = (channel) => {
  const list = app.state.messages[channel] ?? [];
  const seen = ui.read[app.state.me]?.[channel] ?? "0";
  return list.some((message) => message.ts > seen && message.from !== app.state.me);
};
// Whether the app has written to somebody since they were last played.
app.awaited = (person) => (app.state.waiting[person] ?? "0") > (ui.read[person]?.[app.state.direct[person]] ?? "0");
app.isNews = (tab) => ui.seenTabs[tab] !== undefined && ui.seenTabs[tab] !== fingerprint(tab);

// --- what went wrong, said once

let toastId = 0;

function toast(text, tone = "bad") {
  const id = ++toastId;
  ui.toasts = [...ui.toasts.slice(-2), { id, text, tone }];
  render();
  setTimeout(() => dismiss(id), 9000);
}

function dismiss(id) {
  ui.toasts = ui.toasts.filter((candidate) => candidate.id !== id);
  render();
}

// Sends an order and shows what came of it; `undefined` where the server refused it.
async function order(what, body) {
  try {
    const answer = await send(what, body);
    if (answer.ok === false && what !== "verify" && !answer.errors) {
      toast(answer.seen || "Slack could not reach the app. Try again.");
    } else if (answer.seen) {
      toast(answer.seen, "plain");
    }
    await refresh();
    return answer;
  } catch (error) {
    toast(error instanceof Refused ? error.message : "The sandbox does not answer. Is it still running?");
    return undefined;
  }
}

async function busily(key, work) {
  if (ui.busy.has(key)) return undefined;
  ui.busy.add(key);
  render();
  try {
    return await work();
  } finally {
    ui.busy.delete(key);
    render();
  }
}

// --- moving about

app.play = (person) => {
  ui.as = person;
  ui.channel = null;
  ui.thread = null;
  remember("as", person);
  refresh().catch(offline);
};

app.openChannel = (id) => {
  ui.channel = id;
  ui.thread = null;
  ui.pane = "talk";
  const isApp = id === "app" || app.state.dm?.id === id;
  if (isApp && id !== "app") ui.appTab = "messages";
  if (id === "app") app.openAppTab("home");
  ui.channels[app.state.me] = id;
  remember("channels", ui.channels);
  render();
};

// `at` is a message's time stamp without its point, as Slack writes it into addresses.
app.openMessage = (channel, at) => {
  app.openChannel(channel);
  draw();
  const arrive = () => {
    const message = document.querySelector(`[data-testid="message-${at.slice(0, -6)}.${at.slice(-6)}"]`);
    message?.scrollIntoView({ block: "center" });
    message?.focus({ preventScroll: true });
  };
  requestAnimationFrame(() => requestAnimationFrame(arrive)); // a conversation goes to its end first
};

app.openAppTab = (tab) => {
  ui.appTab = tab;
  ui.thread = null;
  render();
  if (tab === "home") order("home", { as: app.state.me });
};

app.openThread = (channel, ts) => {
  ui.thread = { channel, ts };
  render();
};

app.closeThread = () => {
  ui.thread = null;
  render();
  document.querySelector("[data-testid=composer]")?.focus({ preventScroll: true });
};

app.toggleHistory = (key) => {
  ui.history = ui.history === key ? null : key;
  render();
};

app.openPane = (pane) => {
  ui.pane = pane;
  render();
};

app.openTab = (tab) => {
  ui.tab = tab;
  remember("tab", tab);
  render();
};

app.openTicket = (key) => {
  ui.ticket = key;
  render();
};

app.openEntry = async (entry) => {
  ui.entry = ui.entry === entry.sequence ? null : entry.sequence;
  render();
  if (entry.sequence in ui.leafChecks) return;
  const computed = await leafHash(entry.leaf);
  if (computed !== null) ui.leafChecks[entry.sequence] = computed === entry.leaf_hash;
  render();
};

app.toggleHint = () => {
  ui.hint = !ui.hint;
  if (!ui.hint) remember("hintSeen", true);
  render();
};

const systemDark = matchMedia("(prefers-color-scheme: dark)");
systemDark.addEventListener("change", render);
app.isDark = () => (document.documentElement.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";

app.toggleTheme = () => {
  const theme = app.isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  render();
};

// --- typing

app.draft = (where, text) => {
  ui.drafts[where] = text;
  ui.offer = -1;
  ui.offersHidden = null;
  render();
};

app.pick = (index) => {
  ui.offer = index;
  render();
};

app.hideOffers = (text) => {
  ui.offersHidden = text;
  render();
};

app.say = (channel, threadTs, text) => {
  const as = app.state.me;
  for (const list of document.querySelectorAll(".messages")) list.scrollTop = list.scrollHeight;
  if (!text.startsWith("/")) return order("post", { as, channel, text, ...(threadTs ? { thread_ts: threadTs } : {}) });
  if (threadTs) return toast("Slash commands cannot be used in a thread. Type it in the conversation itself.");
  return order("command", { as, channel, text });
};

// --- forms

// When the last form is gone the keyboard goes on where the reader was: in the conversation, or on the Home tab.
function backToWork() {
  if (app.state.views.length > 0) return;
  const place = document.querySelector("[data-testid=composer]") ?? document.querySelector("[data-testid=app-home]");
  place?.focus({ preventScroll: true });
}

app.submitView = (opened, values) =>
  busily(`submit:${opened.id}`, async () => {
    const answer = await order("submit", { as: app.state.me, view_id: opened.id, values });
    if (answer && (answer.errors || app.state.views.some((view) => view.id === opened.id && Object.keys(view.errors).length))) {
      draw();
      focusFirstFault();
    } else if (answer) {
      draw();
      backToWork();
    }
  });

app.closeView = async (opened) => {
  await order("close", { as: app.state.me, view_id: opened.id });
  backToWork();
};

// --- the world

app.advance = async (seconds) => {
  ui.moving = seconds;
  render();
  await order("clock", { advance_seconds: seconds });
  ui.moving = null;
  render();
};

app.setTicket = (key, status) => order("ticket", { key, status });
app.setAccess = (team, login, what) => order("access", { team, login, do: what });

// A file is read again whenever the branch has moved while it is open.
app.openFile = async (path) => {
  const head = app.state.evidence.head;
  const kept = ui.file?.path === path ? ui.file : { path, text: undefined };
  ui.file = path ? { ...kept, head } : null;
  render();
  if (!path) return;
  const answer = await order("file", { path });
  if (ui.file?.path !== path) return;
  ui.file = { path, head, text: answer ? answer.text : null, gone: !answer };
  render();
};
app.openPull = (number) => {
  ui.pull = number;
  render();
};
app.review = (number, verdict, body) =>
  verdict === "conversation" ? order("pull-comment", { as: app.state.me, number, body }) : order("review", { as: app.state.me, number, verdict, body });
app.dismissReview = (number, review) => order("dismiss", { as: app.state.me, number, review });
app.editReview = (id) => {
  ui.editing = id;
  render();
};
app.saveReview = async (number, review, body) => {
  if (await order("edit-review", { as: app.state.me, number, review, body })) app.editReview(null);
};
app.meddle = (how) => busily("meddle", () => order("meddle", { do: how }));
app.setFault = (service, kind) => order("faults", { service, kind });

app.verify = async (show) => {
  if (show) {
    ui.tab = "ledger";
    ui.pane = "world";
  }
  ui.verifying = true;
  render();
  const verdict = await order("verify", {});
  ui.verifying = false;
  if (verdict) ui.verdict = { ...verdict, upTo: app.state.ledger[0]?.sequence ?? 0 };
  render();
};

// A link to a ticket or a pull request opens it beside the conversation, one to a message goes there: their own addresses are other
// sites' business.
document.addEventListener("click", (event) => {
  const href = event.target.closest?.("a[href]")?.href;
  const [, channel, at] = /\/archives\/([A-Z0-9]+)\/p(\d+)$/.exec(href ?? "") ?? [];
  if (app.state?.messages[channel]) {
    event.preventDefault();
    app.openMessage(channel, at);
    return;
  }
  const pull = href && app.state?.evidence.pulls.find((candidate) => href.split("#")[0] === candidate.url);
  if (pull) {
    event.preventDefault();
    ui.tab = "evidence";
    ui.pull = pull.number;
    ui.pane = "world";
    draw();
    document.querySelector(`[data-testid="pull-${pull.number}"]`)?.scrollIntoView({ block: "nearest" });
    return;
  }
  const ticket = href && app.state?.tickets.find((candidate) => candidate.url === href);
  if (!ticket) return;
  event.preventDefault();
  ui.tab = "ticket";
  ui.ticket = ticket.key;
  ui.pane = "world";
  draw();
  document.querySelector(`[data-testid="ticket-${CSS.escape(ticket.key)}"]`)?.scrollIntoView({ block: "nearest" });
});

// --- beginning

function offline() {
  ui.connected = false;
  render();
}

async function begin() {
  try {
    await refresh();
  } catch (error) {
    if (!(error instanceof Refused) || ui.as === null) throw error;
    ui.as = null; // somebody this world does not know: the first person plays
    await refresh();
  }
  listenToWorld({
    changed: (version) => version > app.state.version && refresh().catch(offline),
    clock: (now) => {
      if (!app.state || app.state.now.slice(0, 16) === now.slice(0, 16)) return;
      app.state.now = now;
      setClock(new Date(now));
      render();
    },
    connected: (yes) => {
      if (ui.connected === yes) return;
      ui.connected = yes;
      if (yes) refresh().catch(offline);
      render();
    },
  });
  document.addEventListener("visibilitychange", render);
}

begin().catch((error) => {
  root.replaceChildren(Object.assign(document.createElement("p"), { className: "boot", textContent: `The sandbox could not be opened. ${error.message}` }));
});
