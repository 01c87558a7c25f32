// The process that `openPausableProxy` starts: `node tcp-proxy-process.js HOST PORT`, where the host may be a socket. It does as it is told over its IPC channel.
import { startTcpProxy } from './tcp-proxy.ts'

const [host = '', port = ''] = process.argv.slice(2)
const proxy = await startTcpProxy(host, Number(port))

process.on('message', (order: 'pause' | 'resume') => {
  proxy[order]()
  process.send?.(order)
})
process.once('disconnect', () => process.exit())
process.send?.(proxy.port)
