/** Replaces a file so that whoever reads it, after a power cut too, finds the old text or the new one, never a part. */
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Whole and durable under its name, or not there at all. */
export const writeWhole = async (path: string, text: string, mode: number) => {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', mode)
  try {
    await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
