/** How JSONata is marked inside a definition: a string that is one expression from `{%` to `%}`, and no other. */
export function isExpression(text: string): boolean {
  return text.length >= 4 && text.startsWith('{%') && text.endsWith('%}')
}

/** A string that opens an expression and does not close it (or the reverse): refused, as it is never meant. */
export function isHalfExpression(text: string): boolean {
  const trimmed = text.trim()
  return !isExpression(text) && (trimmed.startsWith('{%') || trimmed.endsWith('%}'))
}

/** The JSONata inside the marks. */
export function sourceOf(text: string): string {
  return text.slice(2, -2).trim()
}
