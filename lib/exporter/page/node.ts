/**
 * A piece of the page: a text, or an element with its attributes and children. It is plain data, so that the server
 * writes it as HTML and the page's script builds the same elements of it, both from one description.
 */
export type Node = string | Element;

/** An element. Attributes are plain text, whatever is in them. */
export type Element = readonly [tag: string, attributes: Attributes, children: readonly Node[]];

/** The attributes of an element, in their order. */
export type Attributes = Readonly<Record<string, string>>;

/** An element; children that are `undefined` are left out, and texts that are empty. */
export function h(
  tag: string,
  attributes: Attributes = {},
  ...children: readonly (Node | undefined)[]
): Element {
  return [tag, attributes, children.filter((child): child is Node => child !== undefined && child !== '')];
}

/** The HTML of a piece of the page. No text and no attribute can become markup. */
export function html(node: Node): string {
  if (typeof node === 'string') return escapeHtml(node);
  const [tag, attributes, children] = node;
  const open = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`);
  if (voidTags.has(tag)) return `<${tag}${open.join('')}>`;
  return `<${tag}${open.join('')}>${children.map(html).join('')}</${tag}>`;
}

/** The text as it is written between tags or in a quoted attribute; lone surrogates become U+FFFD. */
function escapeHtml(text: string): string {
  return wellFormed(text).replace(/[&<>"'\0]/g, (character) => references[character] ?? '\ufffd');
}

/** The text with U+FFFD for each lone surrogate, which UTF-8 cannot carry. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const voidTags = new Set(['br', 'hr', 'img', 'input', 'link', 'meta', 'rect']);
