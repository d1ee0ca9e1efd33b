/** The version a change is meant for: `--if-match v3`, as `etag` shows it. */
export const etagOf = ({ version }: { version: number }) => `"v${version}"`

const parseEtag = (text: string) => {
  const match = /^"?v?(\d+)"?$/.exec(text)
  if (!match) throw new SyntaxError('give the etag that get shows, like v3')
  return `"v${match[1]}"`
}

export const ifMatchFlag = {
  kind: 'parsed',
  parse: parseEtag,
  optional: true,
  placeholder: 'etag',
  brief: 'Only if it is still in this version, like v3',
} as const
