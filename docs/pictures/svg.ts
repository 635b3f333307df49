/** The little of SVG that the pictures are made of. Colours come as classes, so that each has a light and a dark form. */
export type Attributes = Readonly<Record<string, string | number>>;

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export function tag(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return content === undefined ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`;
}

export const text = (x: number, y: number, content: string, attributes: Attributes = {}): string =>
  tag('text', { x, y, ...attributes }, escaped(content));

export const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  tag('line', { x1, y1, x2, y2, class: kind });

export const dot = (cx: number, cy: number, kind: string): string => tag('circle', { cx, cy, r: 5, class: kind });

export const box = (x: number, y: number, width: number, height: number, kind: string): string =>
  tag('rect', { x, y, width, height, rx: 5, class: kind });

/** What colours mean in all pictures: ink, paper, the two keys or kinds, and three for the timings of panes. */
const STYLE = `
text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 15px; }
.small { font-size: 12px; fill: #57606a; }
.paper { fill: #ffffff; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.axis { stroke: #57606a; stroke-width: 1; }
.band { fill: #0969da; fill-opacity: 0.1; }
.element { fill: #0969da; }
.other { fill: #bc4c00; }
.lost { fill: none; stroke: #cf222e; stroke-width: 2; }
.window { fill: #0969da; fill-opacity: 0.15; stroke: #0969da; }
.other-window { fill: #bc4c00; fill-opacity: 0.15; stroke: #bc4c00; }
.watermark { fill: none; stroke: #8250df; stroke-width: 2; }
.early { fill: #9a6700; stroke: #9a6700; }
.on-time { fill: #1a7f37; stroke: #1a7f37; }
.late { fill: #cf222e; stroke: #cf222e; }
line.early, line.on-time, line.late { stroke-width: 1.5; stroke-dasharray: 4 3; }
text.early, text.on-time, text.late { stroke: none; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .small { fill: #9198a1; }
  .paper { fill: #0d1117; }
  .grid { stroke: #30363d; }
  .axis { stroke: #9198a1; }
  .band, .element { fill: #58a6ff; }
  .other { fill: #f0883e; }
  .lost { stroke: #ff7b72; }
  .window { fill: #58a6ff; stroke: #58a6ff; }
  .other-window { fill: #f0883e; stroke: #f0883e; }
  .watermark { stroke: #bc8cff; }
  .early { fill: #d29922; stroke: #d29922; }
  .on-time { fill: #3fb950; stroke: #3fb950; }
  .late { fill: #ff7b72; stroke: #ff7b72; }
}
`;

/** A whole file. The title is short; the description says in words what there is to see. */
export function picture(
  size: { readonly width: number; readonly height: number },
  title: string,
  description: string,
  parts: readonly string[],
): string {
  const { width, height } = size;
  const head = [
    tag('title', { id: 'title' }, escaped(title)),
    tag('desc', { id: 'desc' }, escaped(description)),
    `<style>${STYLE}</style>`,
    tag('rect', { width, height, class: 'paper' }),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'title desc',
  };
  return `${tag('svg', attributes, `\n${[...head, ...parts].join('\n')}\n`)}\n`;
}
