import { describe, it } from 'vitest'
import { findProgram, startPrivateServer } from '../../private-server.ts'
import { expectNothingLostByRestart } from './restart-contract.ts'

const program = await findProgram('nats-server', 'dev/services install nats')

describe.skipIf(program === null)('NATS that is killed', () => {
  it('has lost nothing that it acknowledged, and all of it is handled', { timeout: 120_000 }, async () => {
    await using server = await startPrivateServer(async (folder, port) => ({
      program: program!,
      parameters: ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', folder],
    }))
    await expectNothingLostByRestart(server, `nats://127.0.0.1:${server.port}`)
  })
})
