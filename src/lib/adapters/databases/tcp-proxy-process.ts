// The process that `openPausableProxy` starts: `node tcp-proxy-process.js HOST PORT`, where the host may be a socket. Commands come over IPC.
import { startTcpProxy } from './tcp-proxy.ts'

const [host = '', port = ''] = process.argv.slice(2)
const proxy = await startTcpProxy(host, Number(port))

process.on('message', (command: 'pause' | 'resume') => {
  proxy[command]()
  process.send?.(command)
})
process.once('disconnect', () => process.exit())
process.send?.(proxy.port)
