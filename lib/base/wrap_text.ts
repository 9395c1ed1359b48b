/**
 * Breaks a text at its spaces.
 *
 * @param text Words with single spaces between them.
 * @param width The longest line; a longer word has a line of its own.
 * @returns At least one line.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
