/** Whole numbers from 1 on, as flags take them. */
export const parseCount = (text: string): number => {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1)
    throw new SyntaxError('give a whole number from 1')
  return Number(text)
}
