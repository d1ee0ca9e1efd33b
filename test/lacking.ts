/**
 * Tests that need what a machine may lack (namespaces, /dev/kvm, QEMU). A test is never skipped
 * silently: the reason is printed at the end of the run, and where NOVACRON_CI=1 or CI=true a skip is a
 * failure, so that nothing stops being tested because a machine changed. `skipUnless` is the only way
 * to skip that test/run.ts accepts.
 */
import { test } from 'vitest'

type Body = () => void | Promise<void>

/**
 * Use it in place of `test`: `skipUnless(hasQemu, 'qemu-system-x86_64 is not in PATH')('boots', …)`.
 * The reason says what is lacking.
 */
export function skipUnless(condition: boolean, reason: string) {
  return (name: string, body: Body, timeoutMs?: number): void => {
    if (condition) test(name, body, timeoutMs)
    else test(name, (context) => context.skip(reason))
  }
}
