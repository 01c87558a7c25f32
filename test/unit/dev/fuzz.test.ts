import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pure, reader } from '../../../dev/fuzz/reader.ts'
import { readers } from '../../../dev/fuzz/readers.ts'
import { runReader } from '../../../dev/fuzz/run-reader.ts'
import { failure } from '../../../src/lib/base/errors/errors.ts'

/** A sample of what "npm run fuzz" does: 100,000 of each, from another seed each time. */
const plan = { inputs: 400, seed: 20_261_130 }

describe('what comes from outside', () => {
  it.each(readers.map((one) => [one.name, one.what, one] as const))(
    'is read or refused with a sentence, in no time: %s (%s)',
    async (_name, _what, one) => {
      expect((await runReader(one, plan)).fault).toBeNull()
    },
  )
})

describe('fuzzing finds a reader that', () => {
  const faultOf = async (read: (text: string) => void) =>
    (await runReader(reader({ name: 'x', what: 'x', inputs: fc.string(), open: pure(read) }), plan)).fault?.reason

  it('throws what is no sentence', async () => {
    expect(await faultOf((text) => void (text.length > 3 && 'x'.repeat(-1)))).toContain('it throws RangeError')
    expect(await faultOf(() => fail(failure('usage-wrong', { reason: 'The file is [object Object].' })))).toContain(
      'it says',
    )
    expect(await faultOf(() => fail(failure('usage-wrong', { reason: 'The file is empty.' })))).toBeUndefined()
  })

  it('takes too long', async () => {
    expect(
      await faultOf((text) => {
        const before = process.cpuUsage()
        for (let turns = 0; text.length > 5; turns++)
          if (turns % 1e6 === 0 && process.cpuUsage(before).user > 120_000) return
      }),
    ).toMatch(/it takes \d+ ms/)
  })

  it('keeps memory', async () => {
    const kept: unknown[] = []
    const leaky = reader({
      name: 'x',
      what: 'x',
      inputs: fc.string(),
      open: pure(() => void kept.push(Array.from({ length: 20_000 }, Math.random))),
    })
    const { fault } = await runReader(leaky, { ...plan, collectGarbage: () => {} })
    expect(fault?.reason).toMatch(/it keeps \d+ MB more/)
  })

  function fail(error: Error): never {
    throw error
  }
})
