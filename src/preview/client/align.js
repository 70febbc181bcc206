// Which children of an element as it was are which of the element as it is: the same, the same but changed, gone, or new.

/** Above so many pairs to compare, children are matched in their order alone. */
const MOST = 250_000;
const MOST_ALIKE = 2_500;

/**
 * For each node of `after` the index of its counterpart in `before`, ever rising, or `undefined` where there is none.
 * Nodes that are equal are found first; between them, those that resemble each other most.
 */
export function align(before, after) {
  const matches = new Array(after.length);
  const short = Math.min(before.length, after.length);
  let head = 0;
  while (head < short && before[head].isEqualNode(after[head])) matches[head] = head++;
  let tail = 0;
  while (tail < short - head && before.at(-1 - tail).isEqualNode(after.at(-1 - tail))) {
    tail += 1;
    matches[after.length - tail] = before.length - tail;
  }
  const [from, to] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  let [i, j] = [0, 0];
  for (const [a, b] of [...equal(from, to), [from.length, to.length]]) {
    for (const [x, y] of alike(from.slice(i, a), to.slice(j, b))) matches[head + j + y] = head + i + x;
    if (b < to.length) matches[head + b] = head + a;
    [i, j] = [a + 1, b + 1];
  }
  return matches;
}

/** The longest common subsequence of two lists of nodes, as pairs of indices. */
function equal(from, to) {
  if (from.length * to.length === 0 || from.length * to.length > MOST) return [];
  const [a, b] = [from.map(written), to.map(written)];
  return best(a.length, b.length, (x, y) => (a[x] === b[y] && a[x].trim() ? 1 : 0));
}

function written(node) {
  return node.outerHTML ?? `${node.nodeType} ${node.nodeValue}`;
}

/** The pairs of a stretch without equal nodes that resemble each other most in all. */
function alike(from, to) {
  if (from.length * to.length > MOST_ALIKE) return inOrder(from, to);
  const [a, b] = [from.map(traits), to.map(traits)];
  return best(a.length, b.length, (x, y) => likeness(a[x], b[y]));
}

function inOrder(from, to) {
  const pairs = [];
  let x = 0;
  to.forEach((node, y) => {
    const found = from.findIndex((other, at) => at >= x && other.nodeName === node.nodeName);
    if (found < 0) return;
    pairs.push([found, y]);
    x = found + 1;
  });
  return pairs;
}

/** The pairs, rising on both sides, whose worth is the greatest in all. */
function best(rows, columns, worth) {
  const sums = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
  for (let x = rows - 1; x >= 0; x -= 1) {
    for (let y = columns - 1; y >= 0; y -= 1) {
      const gain = worth(x, y);
      const skip = Math.max(sums[x + 1][y], sums[x][y + 1]);
      sums[x][y] = gain > 0 ? Math.max(skip, gain + sums[x + 1][y + 1]) : skip;
    }
  }
  const pairs = [];
  for (let x = 0, y = 0; x < rows && y < columns; ) {
    if (sums[x][y] === sums[x + 1][y]) x += 1;
    else if (sums[x][y] === sums[x][y + 1]) y += 1;
    else pairs.push([x++, y++]);
  }
  return pairs;
}

/** By what a node is known again: its kind, its name, and the pairs of letters in its text. */
function traits(node) {
  const name = node.id || node.dataset?.seg || node.dataset?.field || node.getAttribute?.("name") || "";
  const text = (node.textContent ?? "").slice(0, 300);
  const letters = new Set();
  for (let at = 0; at + 1 < text.length; at += 1) letters.add(text.slice(at, at + 2));
  return { kind: node.nodeName, name, letters };
}

/** From nothing for nodes of two kinds to more than one for two of the same name. */
function likeness(a, b) {
  if (a.kind !== b.kind) return 0;
  const named = a.name && a.name === b.name ? 1 : 0;
  let common = 0;
  for (const pair of a.letters) if (b.letters.has(pair)) common += 1;
  return 0.05 + named + (2 * common) / (a.letters.size + b.letters.size || 1);
}
