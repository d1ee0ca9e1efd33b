import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import validate from 'asl-validator'
import { expect, test } from 'vitest'
import { loadDefinition } from '../../local/step-functions/definition.ts'
import { findFunctions, stepSubstitutions } from '../../local/lambda/functions.ts'

const directory = join(import.meta.dirname, '../../statemachines')
const files = readdirSync(directory).filter((name) => name.endsWith('.asl.json'))

test.each(files)('%s is accepted at home and by the states language’s own linter', (file) => {
  const definition = JSON.parse(readFileSync(join(directory, file), 'utf8')) as object
  const substitutions = stepSubstitutions(findFunctions())
  expect(() =>
    loadDefinition(file.replace('.asl.json', ''), definition, substitutions),
  ).not.toThrow()
  const { isValid, errorsText } = validate(structuredClone(definition))
  expect(isValid, `${file}: ${errorsText()}`).toBe(true)
})
