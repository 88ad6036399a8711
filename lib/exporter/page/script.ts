/**
 * What the browser runs: takes the lists that `/events` sends and makes the page show them. It builds elements and
 * texts only, never HTML, and does nothing that the page cannot do without it.
 */
export const script = `'use strict';
(() => {
  const svgTags = new Set(['svg', 'rect']);
  const places = new Map();
  for (const place of document.querySelectorAll('[data-list]')) places.set(place.dataset.list, place);
  const state = document.getElementById('live');
  const pause = document.getElementById('pause');
  const silence = 35000;
  const again = 15000;
  let source;
  let watchdog;
  let retry;
  let paused = false;

  const build = (node) => {
    if (typeof node === 'string') return document.createTextNode(node);
    const [tag, attributes, children] = node;
    const element = svgTags.has(tag)
      ? document.createElementNS('http://www.w3.org/2000/svg', tag)
      : document.createElement(tag);
    for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]);
    for (const child of children) element.append(build(child));
    return element;
  };

  // Makes an element what is described, and leaves alone what is so already: the focus, a selection, a transition.
  const become = (old, node) => {
    if (typeof node === 'string') {
      if (old.nodeType !== Node.TEXT_NODE) old.replaceWith(build(node));
      else if (old.data !== node) old.data = node;
      return;
    }
    const [tag, attributes, children] = node;
    if (old.nodeType !== Node.ELEMENT_NODE || old.localName !== tag) {
      old.replaceWith(build(node));
      return;
    }
    for (const { name } of [...old.attributes])
      if (!(name in attributes) && name !== 'data-key') old.removeAttribute(name);
    for (const name of Object.keys(attributes))
      if (old.getAttribute(name) !== attributes[name]) old.setAttribute(name, attributes[name]);
    children.forEach((child, index) => {
      if (index < old.childNodes.length) become(old.childNodes[index], child);
      else old.append(build(child));
    });
    while (old.childNodes.length > children.length) old.lastChild.remove();
  };

  const show = (place, { order, put }) => {
    const focused = document.activeElement;
    const items = new Map();
    for (const child of place.children) items.set(child.dataset.key, child);
    for (const [key, node] of put) {
      const old = items.get(key);
      if (old !== undefined && old.localName === node[0]) {
        become(old, node);
        continue;
      }
      const made = build(node);
      made.dataset.key = key;
      if (old !== undefined) old.replaceWith(made);
      items.set(key, made);
    }
    const wanted = new Set(order);
    for (const [key, item] of items) if (!wanted.has(key)) item.remove();
    let next = place.firstElementChild;
    for (const key of order) {
      const item = items.get(key);
      if (item === undefined) continue;
      if (item === next) next = next.nextElementSibling;
      else place.insertBefore(item, next);
    }
    // What moves loses the focus.
    if (focused !== document.activeElement && place.contains(focused)) focused.focus({ preventScroll: true });
  };

  const say = (name, text) => {
    if (state.dataset.state === name) return;
    state.dataset.state = name;
    state.textContent = text;
  };

  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, silence);
    say('live', 'Live');
  };

  const lost = () => {
    stop();
    say('lost', 'Not live: trying again');
    retry = setTimeout(start, again);
  };

  const stop = () => {
    clearTimeout(watchdog);
    clearTimeout(retry);
    if (source !== undefined) source.close();
    source = undefined;
  };

  const start = () => {
    stop();
    if (paused || document.hidden) return;
    watchdog = setTimeout(lost, silence);
    source = new EventSource('events' + location.search);
    source.addEventListener('hello', ({ data }) => {
      // Another version serves the page now.
      if (data !== document.documentElement.dataset.version) location.reload();
    });
    source.addEventListener('lists', ({ data }) => {
      heard();
      const lists = JSON.parse(data);
      for (const name of Object.keys(lists)) {
        const place = places.get(name);
        if (place !== undefined) show(place, lists[name]);
      }
    });
    source.addEventListener('error', () => {
      // A browser tries again by itself unless the answer was no stream.
      if (source !== undefined && source.readyState === EventSource.CLOSED) lost();
      else say('lost', 'Not live: trying again');
    });
  };

  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? 'Resume' : 'Pause';
    if (paused) {
      stop();
      say('paused', 'Paused');
    } else start();
  });
  // Nobody looks: the server need not work for it.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop();
    else start();
  });
  const order = document.getElementById('order');
  if (order !== null) order.addEventListener('change', () => order.form.requestSubmit());
  start();
})();
`;
