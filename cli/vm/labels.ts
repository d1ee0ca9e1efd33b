/** Labels as flags: `--label env=prod`, several times. */
export type Label = readonly [name: string, value: string]

export const parseLabel = (text: string): Label => {
  const at = text.indexOf('=')
  if (at < 1) throw new SyntaxError('give a label like env=prod')
  return [text.slice(0, at), text.slice(at + 1)]
}

export const labelFlag = {
  kind: 'parsed',
  parse: parseLabel,
  variadic: true,
  optional: true,
  placeholder: 'name=value',
  brief: 'A label; may be given several times',
} as const
