import { expect, it } from 'vitest'
import { handOver } from '../../../../src/lib/adapters/brokers/hand-over.ts'

const messages = [{ key: 'key', value: Buffer.from('value') }]

it('hands over the same messages until they are handled', async () => {
  const errors: Error[] = []
  const handed: unknown[] = []
  const consumption = {
    async handle(batch: unknown) {
      handed.push(batch)
      if (handed.length < 3) throw new Error(`no ${handed.length}`)
    },
    onError: (error: Error) => void errors.push(error),
  }
  expect(await handOver(messages, consumption, new AbortController().signal)).toBe(true)
  expect(handed).toEqual([messages, messages, messages])
  expect(errors.map(({ message }) => message)).toEqual(['no 1', 'no 2'])
})

it('hands over nothing more once it is told to stop', async () => {
  const stop = new AbortController()
  let handed = 0
  const consumption = {
    async handle() {
      handed++
      throw 'a text'
    },
    onError(error: Error) {
      expect(error.message).toBe('a text')
      if (handed === 2) stop.abort()
    },
  }
  expect(await handOver(messages, consumption, stop.signal)).toBe(false)
  expect(handed).toBe(2)
})
