import { offerOf, type DeviceOffer } from './device-offer.ts'

const MAX_OFFERS = 1000

/**
 * What devices offer, by the text of their capabilities. Thousands of one model register with the
 * same text: it is looked through once. Those not seen for longest go first.
 */
export class OfferBook {
  readonly #offers = new Map<string, DeviceOffer>()

  /** @param text the JSON text of `capabilities` */
  of(capabilities: unknown, text: string): DeviceOffer {
    const known = this.#offers.get(text)
    if (known !== undefined) return known
    const offer = offerOf(capabilities)
    this.#offers.set(text, offer)
    const oldest = this.#offers.size > MAX_OFFERS ? this.#offers.keys().next().value : undefined
    if (oldest !== undefined) this.#offers.delete(oldest)
    return offer
  }
}
