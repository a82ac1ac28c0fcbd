// Return the texts of drawings (SVG) whose contrast to what is drawn below them is less than 4.5 : 1 (3 : 1 if large), with
// the ratio. axe-core measures only texts of HTML, by their `color`.
() => {
  const numbers = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const isSolid = (colour) => colour !== "none" && !colour.startsWith("url") && (numbers(colour)[3] ?? 1) > 0.99;
  const luminance = (colour) => {
    const [red, green, blue] = numbers(colour).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const paint = (node) => {
    const style = getComputedStyle(node);
    return node instanceof SVGElement && !(node instanceof SVGSVGElement) ? style.fill : style.backgroundColor;
  };
  const below = (text, x, y) => {
    const stack = document.elementsFromPoint(x, y);
    const ground = stack.slice(stack.findIndex((node) => text.contains(node)) + 1)
      .find((node) => !(node instanceof SVGTextContentElement) && !(node instanceof SVGGElement) && isSolid(paint(node)));
    return ground ? paint(ground) : "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("svg text")].filter((text) => text.textContent.trim() && text.checkVisibility())
    .flatMap((text) => {
      text.scrollIntoView({block: "center", inline: "center"});
      const box = text.getBoundingClientRect();
      const style = getComputedStyle(text);
      const size = parseFloat(style.fontSize);
      const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const found = ratio(style.fill, below(text, box.x + box.width / 2, box.y + box.height / 2));
      const opacity = Number(style.opacity) * Number(style.fillOpacity);
      return found < least || opacity < 1 ? [`${text.textContent.trim()}: ${found.toFixed(2)} (${style.fill})`] : [];
    });
}
