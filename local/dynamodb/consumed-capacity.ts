/** What a call would have cost in capacity units, for callers who ask with ReturnConsumedCapacity. */
const writeUnitBytes = 1024
const readUnitBytes = 4096

interface TableUnits {
  table: number
  indexes: Map<string, number>
}

export function writeUnits(bytesBefore: number, bytesAfter: number): number {
  return Math.max(1, Math.ceil(Math.max(bytesBefore, bytesAfter) / writeUnitBytes))
}

/** An eventually consistent read costs half. */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / readUnitBytes)) * (consistent ? 1 : 0.5)
}

export class ConsumedCapacity {
  readonly #tables = new Map<string, TableUnits>()
  readonly #factor: number

  /** `factor` is 2 for transactions. */
  constructor(factor = 1) {
    this.#factor = factor
  }

  add(table: string, units: number, index?: string): void {
    let entry = this.#tables.get(table)
    if (!entry) this.#tables.set(table, (entry = { table: 0, indexes: new Map() }))
    const cost = units * this.#factor
    if (index === undefined) entry.table += cost
    else entry.indexes.set(index, (entry.indexes.get(index) ?? 0) + cost)
  }

  /** The member of an answer about one table. */
  single(mode: string | undefined): object {
    const [report] = this.#reports(mode)
    return report ? { ConsumedCapacity: report } : {}
  }

  /** The member of an answer about several tables. */
  list(mode: string | undefined): object {
    const reports = this.#reports(mode)
    return reports.length > 0 ? { ConsumedCapacity: reports } : {}
  }

  #reports(mode: string | undefined): object[] {
    if (mode !== 'TOTAL' && mode !== 'INDEXES') return []
    return [...this.#tables].map(([TableName, { table, indexes }]) => {
      const CapacityUnits = [...indexes.values()].reduce((sum, units) => sum + units, table)
      if (mode === 'TOTAL') return { TableName, CapacityUnits }
      const perIndex = [...indexes].map(([name, units]) => [name, { CapacityUnits: units }])
      return {
        TableName,
        CapacityUnits,
        Table: { CapacityUnits: table },
        ...(indexes.size > 0 && { GlobalSecondaryIndexes: Object.fromEntries(perIndex) }),
      }
    })
  }
}
