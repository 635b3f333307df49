/** A fenced block of a Markdown page. */
export interface CodeBlock {
  readonly language: string;
  /** From ```` ```ts file=name.ts ````. */
  readonly file: string | undefined;
  readonly text: string;
  /** The line of the page on which the code starts, from 1. */
  readonly line: number;
}

const FENCE = /^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm;

export function codeBlocksOf(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(FENCE)].map((found) => ({
    language: found[1]!,
    file: /\bfile=(\S+)/.exec(found[2]!)?.[1],
    text: found[3]!,
    line: markdown.slice(0, found.index).split('\n').length + 1,
  }));
}
