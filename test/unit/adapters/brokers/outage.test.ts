import { expect, it } from 'vitest'
import { watchOutage } from '../../../../src/lib/adapters/brokers/outage.ts'

it('tells of each outage once, and of another reason for it', () => {
  const told: string[] = []
  const outage = watchOutage(({ message }) => void told.push(message))
  for (const reason of ['refused', 'refused', 'timeout', 'timeout']) outage.failed(new Error(reason))
  outage.over()
  outage.over()
  outage.failed(new Error('timeout'))
  expect(told).toEqual(['refused', 'timeout', 'timeout'])
})
