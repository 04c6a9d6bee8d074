// A small keyed virtual DOM. Views are functions from state to `h(...)` trees; `patch` changes the page
// as little as possible, so focus, typed text and scroll positions survive every update.
// Nothing here (or anywhere else on the page) ever assigns innerHTML.

const SVG = "http://www.w3.org/2000/svg";
const vnodes = new WeakMap();
let mounted = [];

export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, key: props?.key ?? null, children: flat(children) };
}

function flat(children, out = []) {
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === true) continue;
    if (Array.isArray(child)) flat(child, out);
    else out.push(typeof child === "object" ? child : { text: String(child), key: null });
  }
  return out;
}

export function patch(root, children) {
  reconcile(root, flat([children]), false);
  const hooks = mounted;
  mounted = [];
  for (const hook of hooks) hook();
}

function reconcile(parent, wanted, svg) {
  const keyed = new Map();
  const loose = [];
  for (const node of parent.childNodes) {
    const key = vnodes.get(node)?.key ?? null;
    if (key === null) loose.push(node);
    else keyed.set(key, node);
  }
  const kept = new Set();
  const matches = wanted.map((vnode) => {
    const node =
      vnode.key === null
        ? loose.find((candidate) => !kept.has(candidate) && alike(vnodes.get(candidate), vnode))
        : keyed.get(vnode.key);
    if (!node || kept.has(node) || !alike(vnodes.get(node), vnode)) return null;
    kept.add(node);
    return node;
  });
  // Leavers first: whatever stays is then usually in place and need not be moved (moving drops focus).
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove();
  let cursor = parent.firstChild;
  wanted.forEach((vnode, index) => {
    let node = matches[index];
    if (node) update(node, vnode, svg);
    else node = create(vnode, svg);
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  });
}

function alike(before, vnode) {
  return before !== undefined && before.tag === vnode.tag && before.key === vnode.key;
}

function create(vnode, svg) {
  if (vnode.tag === undefined) {
    const text = document.createTextNode(vnode.text);
    vnodes.set(text, vnode);
    return text;
  }
  const inSvg = svg || vnode.tag === "svg";
  const node = inSvg ? document.createElementNS(SVG, vnode.tag) : document.createElement(vnode.tag);
  vnodes.set(node, vnode);
  reconcile(node, vnode.children, inSvg);
  for (const [name, value] of Object.entries(vnode.props)) setProp(node, name, value, undefined, true);
  if (vnode.props.mount) mounted.push(() => vnode.props.mount(node));
  return node;
}

function update(node, vnode, svg) {
  const before = vnodes.get(node);
  vnodes.set(node, vnode);
  if (vnode.tag === undefined) {
    if (before.text !== vnode.text) node.data = vnode.text;
    return;
  }
  reconcile(node, vnode.children, svg || vnode.tag === "svg");
  for (const name of Object.keys(before.props)) {
    if (!(name in vnode.props)) setProp(node, name, null, before.props[name], false);
  }
  for (const [name, value] of Object.entries(vnode.props)) setProp(node, name, value, before.props[name], false);
}

// `initial` is set once and then belongs to the reader; `value` and `checked` follow the state when it changes.
function setProp(node, name, value, before, creating) {
  if (name === "key" || name === "mount") return;
  if (name.startsWith("on")) {
    listen(node, name.slice(2), value);
  } else if (name === "initial") {
    if (creating && value !== null && value !== undefined) node.value = value;
  } else if (name === "initialChecked") {
    if (creating) node.checked = Boolean(value);
  } else if (name === "value" || name === "checked" || name === "open" || name === "inert") {
    if (creating || value !== before) node[name] = value ?? (name === "value" ? "" : false);
  } else if (value !== before || creating) {
    if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

const listeners = new WeakMap();

function listen(node, event, handler) {
  if (!listeners.has(node)) listeners.set(node, {});
  const known = listeners.get(node);
  if (!(event in known)) node.addEventListener(event, (fired) => known[event]?.(fired));
  known[event] = handler ?? null;
}
