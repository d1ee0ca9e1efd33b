/** The commands a document shows: its ```sh blocks, each a script that has to run as it stands. */
import { readFileSync } from 'node:fs'

export interface Block {
  file: string
  line: number
  script: string
}

export const blocksOf = (file: string): Block[] => {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    script: match[1]!.trim(),
  }))
}
