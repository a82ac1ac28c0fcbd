// Return the links and buttons outside running text that are hard to hit: smaller than 24 px, with another one so near
// that circles of 24 px would meet (WCAG 2.2, 2.5.8).
() => {
  const seen = (node) => node.checkVisibility({visibilityProperty: true}) && !node.closest(".visually-hidden, .skip-link") &&
    !(node.closest("thead") && node.closest("thead").getBoundingClientRect().height <= 1); // read out only
  const all = [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")]
    .filter(seen)
    .map((node) => ({node, box: node.getBoundingClientRect()}))
    .filter(({box}) => box.width && box.height);
  const inText = ({node}) => {
    const block = node.closest("p, li, dd, td, .alert, .form-text, span");
    const own = (node.textContent || "").trim();
    return node.matches("a") && block && block.textContent.trim().length > own.length + 1;
  };
  const small = all.filter((target) => (target.box.height < 23.5 || target.box.width < 23.5) && !inText(target));
  const centre = ({box}) => [box.x + box.width / 2, box.y + box.height / 2];
  const gap = ([x, y], box) => Math.hypot(
    Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  return small.filter((target) => all.some((other) => {
    if (other === target || other.node.contains(target.node) || target.node.contains(other.node)) {
      return false;
    }
    const here = centre(target);
    const isSmall = small.includes(other);
    const [x, y] = centre(other);
    return gap(here, other.box) < 11.5 || (isSmall && Math.hypot(here[0] - x, here[1] - y) < 23.5);
  })).map(({node, box}) => `${node.textContent.trim().slice(0, 20)} ${node.className} ${Math.round(box.width)}x${Math.round(box.height)}`);
}
