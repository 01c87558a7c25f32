// The process that `openRelay` starts: `node relay-process.js HOST PORT`, where the host may be a socket. It does as it is told over its IPC channel.
import { startRelay } from './relay.ts'

const [host = '', port = ''] = process.argv.slice(2)
const relay = await startRelay(host, Number(port))

process.on('message', (order: 'pause' | 'resume') => {
  relay[order]()
  process.send?.(order)
})
process.once('disconnect', () => process.exit())
process.send?.(relay.port)
