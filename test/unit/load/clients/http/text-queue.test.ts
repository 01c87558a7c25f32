import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createTextQueue, type TextBudget } from '../../../../../src/lib/load/clients/http/web-sockets.ts'

const unlimited = (): TextBudget => ({ bytes: 0, mostBytes: Infinity })
const ignore = () => {}
const textOf = (text: string) => ({ text, at: 1 })

it('gives what came in the order in which it came, as an array would', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string(), { nil: null })), (steps) => {
      const queue = createTextQueue(Infinity, unlimited(), ignore)
      const expected: string[] = []
      for (const step of steps) {
        if (step === null) expect(queue.shift()?.text).toBe(expected.shift())
        else {
          queue.push(textOf(step))
          expected.push(step)
        }
      }
      expect(queue.hasDropped).toBe(false)
    }),
  )
})

it('drops the oldest where there are too many, but never the latest', () => {
  let told = 0
  const queue = createTextQueue(1000, unlimited(), () => told++)
  // A text takes its length and 100 bytes: four of 150 fit, and a fifth.
  for (const name of ['a', 'b', 'c', 'd', 'e']) queue.push(textOf(name.padEnd(150, '.')))
  expect(queue.hasDropped).toBe(true)
  expect(told).toBe(1)
  expect(queue.shift()?.text[0]).toBe('b')
  queue.push(textOf('x'.repeat(5000)))
  expect(queue.shift()?.text).toHaveLength(5000)
  // c, d and e gave way to it.
  expect(told).toBe(4)
  expect(queue.shift()).toBeUndefined()
})

it('shares what all may hold, until a queue has ended', () => {
  const budget = { bytes: 0, mostBytes: 1000 }
  const [one, other] = [createTextQueue(Infinity, budget, ignore), createTextQueue(Infinity, budget, ignore)]
  for (let index = 0; index < 4; index++) one.push(textOf('x'.repeat(100)))
  other.push(textOf('first'))
  other.push(textOf('y'.repeat(100)))
  expect([one.hasDropped, other.hasDropped, budget.bytes]).toEqual([false, true, 1000])
  one.end()
  expect(budget.bytes).toBe(200)
  expect(one.shift()?.text).toHaveLength(100)
  expect(budget.bytes).toBe(200)
})

it('takes no longer for each text where there are many', () => {
  const queue = createTextQueue(Infinity, unlimited(), ignore)
  const many = 300_000
  for (let index = 0; index < many; index++) queue.push(textOf('x'))
  const begun = performance.now()
  while (queue.shift());
  // Moved one by one out of an array, these take a minute.
  expect(performance.now() - begun).toBeLessThan(5000)
})
