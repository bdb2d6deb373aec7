import { NewManagedMesh } from '#shared/contract/resolver.ts'

/** What is wrong with the form, field by field. */
export interface ManagedComplaints {
  name?: string
  urls?: string
  tenant?: string
  configPath?: string
  accounts?: string
}

const URL_START = /^(?:nats|tls|wss?):\/\/\S+$/u

/** Lines of a text field without blanks. */
export function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/u)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Complaints about an order; none where it can be sent. Main checks it again. */
export function complaintsAbout(order: NewManagedMesh): ManagedComplaints {
  const found: ManagedComplaints = {}
  if (order.name.trim() === '') found.name = 'Give the mesh a name.'
  const odd = order.urls.find((url) => !URL_START.test(url))
  if (order.urls.length === 0) found.urls = 'Name at least one server.'
  else if (odd !== undefined) found.urls = `“${odd}” does not begin with nats://, tls:// or wss://.`
  const tenant = NewManagedMesh.shape.tenant.safeParse(order.tenant)
  if (!tenant.success) found.tenant = tenant.error.issues[0]?.message ?? 'Choose another name.'
  if (order.resolver === 'memory' && order.configPath === null) {
    found.configPath = 'Name the file: Muster keeps the accounts in it.'
  }
  if (order.accounts !== null && !NewManagedMesh.shape.accounts.safeParse(order.accounts).success) {
    found.accounts = 'Name an address and a port from 1 to 65535.'
  }
  return found
}
