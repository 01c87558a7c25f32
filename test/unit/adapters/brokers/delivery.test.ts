import { expect, it } from 'vitest'
import { deliver, watchOutage } from '../../../../src/lib/adapters/brokers/delivery.ts'

const messages = [{ key: 'key', value: Buffer.from('value') }]

it('delivers the same messages until they are handled', async () => {
  const errors: Error[] = []
  const handed: unknown[] = []
  const consumption = {
    async handle(batch: unknown) {
      handed.push(batch)
      if (handed.length < 3) throw new Error(`no ${handed.length}`)
    },
    onError: (error: Error) => void errors.push(error),
  }
  expect(await deliver(messages, consumption, new AbortController().signal)).toBe(true)
  expect(handed).toEqual([messages, messages, messages])
  expect(errors.map(({ message }) => message)).toEqual(['no 1', 'no 2'])
})

it('delivers nothing more once it is told to stop', async () => {
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
  expect(await deliver(messages, consumption, stop.signal)).toBe(false)
  expect(handed).toBe(2)
})

it('tells of each outage once, and of another reason for it', () => {
  const told: string[] = []
  const outage = watchOutage(({ message }) => void told.push(message))
  for (const reason of ['refused', 'refused', 'timeout', 'timeout']) outage.failed(new Error(reason))
  outage.over()
  outage.over()
  outage.failed(new Error('timeout'))
  expect(told).toEqual(['refused', 'timeout', 'timeout'])
})
