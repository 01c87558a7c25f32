import { expect, it } from 'vitest'
import { createScenarios } from '../../../../src/lib/workloads/orders/scenarios.ts'

it.each(['own', 'original'] as const)('are nine readers of one order to one of ids, by the wire %s', (wire) => {
  const scenarios = createScenarios({ seed: 'x', orders: 10, wire })
  expect(scenarios.map(({ name, weight }) => [name, weight])).toEqual([
    ['read', 9],
    ['list', 1],
  ])
})
