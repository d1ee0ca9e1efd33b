/**
 * The one filter grammar, a subset of AIP-160:
 *
 *   filter   = factor { "AND" factor }            OR binds tighter than AND, as in AIP-160
 *   factor   = term { "OR" term }
 *   term     = [ "NOT" | "-" ] ( "(" filter ")" | field operator value )
 *   operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"      ":" on labels: has that label
 *   value    = text | "quoted text"               "*" at either end of an `=` value matches any rest
 *
 * Bounded before it is parsed: length, number of terms, depth. Matching is linear in the text.
 */
import { Failure } from './contract/failures.ts'

export type FieldKind = 'text' | 'number' | 'time' | 'map'
export type FilterFields = Readonly<Record<string, FieldKind>>
const operators = ['=', '!=', '<=', '>=', '<', '>', ':'] as const
type Operator = (typeof operators)[number]

export interface Term {
  is: 'term'
  field: string
  label?: string
  kind: FieldKind
  operator: Operator
  value: string
}
export type Filter =
  | Term
  | { is: 'not'; filter: Filter }
  | { is: 'and'; filters: Filter[] }
  | { is: 'or'; filters: Filter[] }

export const limits = { length: 1000, terms: 10, depth: 5 } as const

interface Token {
  text: string
  at: number
  quoted: boolean
}

const tokenPattern = /\s*(?:"((?:[^"\\]|\\.)*)"|(<=|>=|!=|[=<>:()])|([^\s"=<>!:()]+))/y

const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  const scan = new RegExp(tokenPattern)
  while (text.slice(scan.lastIndex).trim() !== '') {
    const at = scan.lastIndex
    const match = scan.exec(text)
    if (!match) throw invalid(at, 'a field, an operator, a value or a parenthesis')
    const quoted = match[1] !== undefined
    const token = match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? match[3] ?? ''
    tokens.push({ text: token, at: scan.lastIndex - (match[0]?.trimStart().length ?? 0), quoted })
  }
  return tokens
}

const invalid = (position: number, expected: string, fields: readonly string[] = []) =>
  new Failure('FILTER_INVALID', `At position ${position} the filter needs ${expected}.`, {
    position,
    expected,
    fields,
  })

const tooComplex = (limit: string) =>
  new Failure('FILTER_TOO_COMPLEX', `A filter has at most ${limit}.`, { limit })

export const parseFilter = (text: string, fields: FilterFields): Filter => {
  if (text.length > limits.length) throw tooComplex(`${limits.length} characters`)
  const parser = new Parser(tokensOf(text), fields, text.length)
  return parser.whole()
}

class Parser {
  #tokens: Token[]
  #fields: FilterFields
  #end: number
  #next = 0
  #terms = 0

  constructor(tokens: Token[], fields: FilterFields, end: number) {
    this.#tokens = tokens
    this.#fields = fields
    this.#end = end
  }

  whole(): Filter {
    const filter = this.#filter(0)
    const rest = this.#tokens[this.#next]
    if (rest) throw invalid(rest.at, 'AND, OR or its end')
    return filter
  }

  #filter(depth: number): Filter {
    if (depth > limits.depth) throw tooComplex(`${limits.depth} nested parentheses`)
    const filters = [this.#factor(depth)]
    while (this.#takes('AND')) filters.push(this.#factor(depth))
    return filters.length === 1 ? filters[0]! : { is: 'and', filters }
  }

  #factor(depth: number): Filter {
    const filters = [this.#term(depth)]
    while (this.#takes('OR')) filters.push(this.#term(depth))
    return filters.length === 1 ? filters[0]! : { is: 'or', filters }
  }

  #term(depth: number): Filter {
    if (this.#takes('NOT') || this.#takesMinus())
      return { is: 'not', filter: this.#term(depth + 1) }
    if (depth > limits.depth) throw tooComplex(`${limits.depth} nested negations`)
    if (this.#takes('(')) {
      const filter = this.#filter(depth + 1)
      if (!this.#takes(')')) throw invalid(this.#position(), '")"')
      return filter
    }
    return this.#comparison()
  }

  #comparison(): Term {
    if (++this.#terms > limits.terms) throw tooComplex(`${limits.terms} terms`)
    const names = Object.keys(this.#fields)
    const token = this.#tokens[this.#next]
    const [name, ...rest] = token && !token.quoted ? token.text.split('.') : ['']
    const kind = Object.hasOwn(this.#fields, name!) ? this.#fields[name!] : undefined
    const label = rest.join('.')
    if (!kind || (label !== '' && kind !== 'map') || (label === '' && token?.text.includes('.')))
      throw invalid(this.#position(), `one of the fields ${names.join(', ')}`, names)
    this.#next++
    const at = this.#position()
    const operator = operators.find((candidate) => this.#takes(candidate))
    if (!operator) throw invalid(at, `one of ${operators.join(' ')}`, names)
    const valueAt = this.#position()
    const value = this.#tokens[this.#next++]
    if (!value || (!value.quoted && '()=<>:!='.includes(value.text)))
      throw invalid(valueAt, 'a value', names)
    return checked(
      { is: 'term', field: name!, ...(label && { label }), kind, operator, value: value.text },
      at,
      valueAt,
    )
  }

  #takes(text: string) {
    const token = this.#tokens[this.#next]
    if (!token || token.quoted || token.text !== text) return false
    this.#next++
    return true
  }

  #takesMinus() {
    const token = this.#tokens[this.#next]
    if (!token || token.quoted || !token.text.startsWith('-') || token.text === '-') return false
    this.#tokens[this.#next] = { ...token, text: token.text.slice(1), at: token.at + 1 }
    return true
  }

  #position() {
    return this.#tokens[this.#next]?.at ?? this.#end
  }
}

/** What makes no sense for the field's kind is refused here, so that matching never has to guess. */
const checked = (term: Term, operatorAt: number, valueAt: number): Term => {
  const ordered = ['<', '<=', '>', '>='].includes(term.operator)
  if (term.kind === 'map' && term.label === undefined && term.operator !== ':')
    throw invalid(operatorAt, `":" (has the label), or a label: ${term.field}.name = value`)
  if (term.operator === ':' && (term.kind !== 'map' || term.label !== undefined))
    throw invalid(operatorAt, 'another operator: ":" asks whether labels has a name')
  if (ordered && (term.kind === 'text' || term.kind === 'map')) throw invalid(operatorAt, '= or !=')
  if (term.kind === 'number' && (term.value.trim() === '' || !Number.isFinite(Number(term.value))))
    throw invalid(valueAt, 'a number')
  if (term.kind === 'time' && Number.isNaN(Date.parse(term.value)))
    throw invalid(valueAt, 'a time like 2026-11-20T08:00:00Z')
  return term
}

export const matches = (filter: Filter, item: Readonly<Record<string, unknown>>): boolean => {
  if (filter.is === 'and') return filter.filters.every((part) => matches(part, item))
  if (filter.is === 'or') return filter.filters.some((part) => matches(part, item))
  if (filter.is === 'not') return !matches(filter.filter, item)
  return matchesTerm(filter, item[filter.field])
}

const matchesTerm = (term: Term, found: unknown): boolean => {
  if (term.kind === 'map') {
    const map = (found ?? {}) as Record<string, unknown>
    if (term.label === undefined) return Object.hasOwn(map, term.value)
    const value = Object.hasOwn(map, term.label) ? map[term.label] : undefined
    return compareText(term, value)
  }
  if (term.kind === 'text') return compareText(term, found)
  const [left, right] =
    term.kind === 'time'
      ? [typeof found === 'string' ? Date.parse(found) : Number.NaN, Date.parse(term.value)]
      : [typeof found === 'number' ? found : Number.NaN, Number(term.value)]
  return compareNumbers(term.operator, left, right)
}

const compareNumbers = (operator: Operator, left: number, right: number) => {
  switch (operator) {
    case '=':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}

const compareText = (term: Term, found: unknown) => {
  const equal = typeof found === 'string' && matchesPattern(term.value, found)
  return term.operator === '!=' ? !equal : equal
}

const matchesPattern = (pattern: string, text: string) => {
  const open = pattern.startsWith('*')
  const close = pattern.length > 1 && pattern.endsWith('*')
  const core = pattern.slice(open ? 1 : 0, close ? -1 : undefined)
  if (open && close) return text.includes(core)
  if (open) return text.endsWith(core)
  return close ? text.startsWith(core) : text === core
}

/** The value a filter pins `field` to, when every match must have it: what an index can answer. */
export const pinned = (filter: Filter | undefined, field: string): string | undefined => {
  if (!filter || filter.is === 'not' || filter.is === 'or') return undefined
  if (filter.is === 'and')
    return filter.filters.map((part) => pinned(part, field)).find((value) => value !== undefined)
  const plain = filter.field === field && filter.operator === '=' && !filter.value.includes('*')
  return plain ? filter.value : undefined
}
