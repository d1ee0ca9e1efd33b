/**
 * Documents that stay true: one title each, links that lead somewhere, and in no file a path that
 * exists on one machine only or a promise to do something later.
 */
import { posix } from 'node:path'
import type { House, Source } from './house.ts'
import type { Finding, Rule } from './rule.ts'

const isDocument = (source: Source) => source.path.endsWith('.md')

/** Lines with their numbers, fenced code blanked out. */
function proseLines(source: Source): string[] {
  let fenced = false
  return source.text.split('\n').map((line) => {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced
    return fenced || /^\s*(```|~~~)/.test(line) ? '' : line.replace(/`[^`]*`/g, '')
  })
}

function findInLines(source: Source, pattern: RegExp, what: (hit: string) => string): Finding[] {
  return source.text.split('\n').flatMap((text, index) => {
    const hit = pattern.exec(text)
    return hit ? [{ line: index + 1, what: what(hit[0]) }] : []
  })
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  const text = heading
    .replace(/^#+\s*/, '')
    .replace(/[`*]/g, '')
    .trim()
    .toLowerCase()
  return text.replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-')
}

function hasAnchor(document: Source, anchor: string): boolean {
  const headings = document.text.split('\n').filter((line) => /^#{1,6} /.test(line))
  return headings.some((heading) => anchorOf(heading) === anchor.toLowerCase())
}

function findDeadLinks(source: Source, house: House): Finding[] {
  return proseLines(source).flatMap((text, index) =>
    [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s+(\S+)/g)].flatMap((match) => {
      const link = match[1] ?? match[2] ?? ''
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) return []
      const [path = '', anchor] = decodeURI(link).split('#')
      const target = path
        ? posix.join(posix.dirname(source.path), path).replace(/\/$/, '')
        : source.path
      const line = index + 1
      if (target !== '.' && !house.has(target))
        return [{ line, what: `links to ${link}, which is not there` }]
      const document = house.get(target)
      if (!anchor || !document || !isDocument(document) || hasAnchor(document, anchor)) return []
      return [{ line, what: `links to ${link}, a heading that is not there` }]
    }),
  )
}

const later = /\b(TODO|FIXME|XXX)\b/
const machinePath = /(?<![\w.~/-])\/(work|root|home)\/\w/
/** This very file has to name what it forbids. */
const isOwn = (source: Source) => source.path === 'test/tidy/prose.ts'

export const proseRules: Rule[] = [
  {
    name: 'a document has one title',
    instead: 'give it exactly one line that starts with "# "',
    find(source) {
      if (!isDocument(source)) return []
      const titles = proseLines(source).flatMap((text, index) =>
        text.startsWith('# ') ? [index + 1] : [],
      )
      return titles.length === 1
        ? []
        : [{ line: titles[1] ?? 1, what: `has ${titles.length} titles` }]
    },
    caught: [
      ['docs/a.md', 'No title.'],
      ['docs/a.md', '# One\n\n# Two\n'],
    ],
    fine: [['docs/a.md', '# One\n\n```sh\n# not a title\n```\n']],
  },
  {
    name: 'links lead somewhere',
    instead: 'correct the link, or write what it should lead to',
    find: (source, house) => (isDocument(source) ? findDeadLinks(source, house) : []),
    caught: [
      ['docs/a.md', '# A\n\n[b](../nowhere.md)'],
      ['docs/a.md', '# A\n\n[b](#no-such-heading)'],
      ['docs/a.md', '# A\n\n[b]: nowhere.md'],
    ],
    fine: [
      ['docs/a.md', '# The A\n\n[b](#the-a) [c](https://example.com/x.md) [d](a.md) [e](../docs/)'],
      ['docs/a.md', '# A\n\n`[b](nowhere.md)`'],
    ],
  },
  {
    name: 'no file knows the machine it was written on',
    instead: 'write the path relative to the checkout, or take it from the environment',
    find: (source) =>
      isOwn(source)
        ? []
        : findInLines(source, machinePath, (hit) => `names ${hit}…, a path of one machine`),
    caught: [
      ['docs/a.md', '# A\n\nsee /home/somebody/notes'],
      ['core/a.ts', `const a = '/work/x'`],
    ],
    fine: [['docs/a.md', '# A\n\n~/.config, ./work/x, https://example.com/home/x and /etc/hosts']],
  },
  {
    name: 'nothing is promised for later in the code',
    instead: 'do it now, or say in docs/decisions/ what is left out and why',
    find: (source) => (isOwn(source) ? [] : findInLines(source, later, (hit) => `says ${hit}`)),
    caught: [['core/a.ts', '// TODO: later']],
    fine: [['core/a.ts', `const todo = 'to do'`]],
  },
]
