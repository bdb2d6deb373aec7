import type { Locator, Page } from '@playwright/test'

/** The first-run steps, and the passphrase that stands before everything else later. */
export class FirstRun {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  get welcome(): Locator {
    return this.#page.getByRole('heading', { name: 'Welcome to Muster' })
  }

  get ready(): Locator {
    return this.#page.getByRole('heading', { name: 'Ready' })
  }

  get unlock(): Locator {
    return this.#page.getByRole('heading', { name: 'Unlock the vault' })
  }

  async chooseLocalMesh(): Promise<void> {
    await this.#page.getByRole('button', { name: /^Create a mesh on this computer/u }).click()
  }

  /** Types a new passphrase twice, key by key, so that the page alone holds it. */
  async createVault(passphrase: string): Promise<void> {
    await this.#page.getByLabel('New passphrase').pressSequentially(passphrase)
    await this.#page.getByLabel('Repeat the passphrase').pressSequentially(passphrase)
    await this.#page.getByRole('button', { name: 'Create the vault' }).click()
  }

  async unlockVault(passphrase: string): Promise<void> {
    await this.#page.getByLabel('Passphrase').pressSequentially(passphrase)
    await this.#page.getByRole('button', { name: 'Unlock' }).click()
  }

  /** For this computer only, with a first tenant. */
  async createMesh(tenant: string): Promise<void> {
    await this.#page.getByRole('radio', { name: /^This computer only/u }).click()
    await this.#page.getByLabel('First tenant').fill(tenant)
    await this.#page.getByRole('button', { name: 'Create the mesh' }).click()
    await this.ready.waitFor()
  }

  async leave(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Go to Commission' }).click()
  }
}
