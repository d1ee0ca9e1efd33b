/**
 * The part of an item that a projection expression names. Nested paths keep the shape of the
 * document around them; elements picked from a list move together, in their order.
 */
import type { AttributeValue, Item } from './attribute-values.ts'
import { valueAt } from './conditions.ts'
import type { Path } from './expression-trees.ts'

export function project(item: Item, paths: readonly Path[]): Item {
  const root: AttributeValue = { M: Object.create(null) as Item }
  const sparse = new Set<AttributeValue>()
  for (const path of paths) {
    const value = valueAt(item, path)
    if (value) place(root, path, value, sparse)
  }
  for (const list of sparse) list.L = list.L!.filter(() => true)
  return root.M!
}

function place(
  root: AttributeValue,
  path: Path,
  value: AttributeValue,
  sparse: Set<AttributeValue>,
): void {
  let parent = root
  path.forEach((step, depth) => {
    const last = depth === path.length - 1
    let child = last ? value : undefined
    if (typeof step === 'number') {
      parent.L ??= []
      sparse.add(parent)
      child ??= parent.L[step] ?? {}
      parent.L[step] = child
    } else {
      parent.M ??= Object.create(null) as Item
      child ??= (Object.hasOwn(parent.M, step) ? parent.M[step] : undefined) ?? {}
      parent.M[step] = child
    }
    parent = child
  })
}
