import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Test files of half a minute and more. Those that wait stand between those that compute, so that a load under test
 * seldom shares the processors with two others.
 */
const longFiles = [
  'e2e/insert-bench',
  'e2e/main-path',
  'e2e/resume',
  'e2e/endings',
  'e2e/readme',
  'e2e/faults',
  'e2e/seeding-workers',
  'e2e/workers',
  'e2e/stations-servers',
  'e2e/orders',
  'e2e/workers-refusals',
  'e2e/scenarios',
  'e2e/injected-faults',
  'e2e/stations',
  'e2e/tickets',
  'e2e/audit',
  'e2e/meetups',
  'e2e/workers-network',
  'integration/workloads/vaccination/seeding',
  'integration/adapters/brokers/restart',
  'integration/adapters/databases/mongodb',
  'integration/adapters/brokers/kafka',
  'integration/seeding/workers',
]

/** Begins with the long files: one that began last would keep one processor busy and leave the others idle. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b))
  }
}

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder

function rankOf({ moduleId }: TestSpecification): number {
  const rank = longFiles.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return rank === -1 ? longFiles.length : rank
}
