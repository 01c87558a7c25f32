import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeBroker } from '../../../support/broker/contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushbench-broker-'))

describeBroker({
  kind: 'sqlite',
  url: `sqlite:${join(folder, 'broker.db')}`,
  unreachable: 'sqlite:/dev/null/broker.db',
  sharesKeys: true,
  removeTopics: () => rm(folder, { recursive: true }),
})
