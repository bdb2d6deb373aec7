// Proquints (Daniel S. Wilkerson, arXiv:0901.4016): 16 bits as five letters that can be read out over
// a telephone, without a list of words in any language.
const CONSONANTS = 'bdfghjklmnprstvz'
const VOWELS = 'aiou'
const BITS_PER_WORD = 16

/** Five words of five letters: 80 bits, far beyond what a stretched passphrase needs. */
export const PASSPHRASE_BITS = 5 * BITS_PER_WORD

/** A passphrase that can be spoken, such as `lusab-babad-gutih-tugad-zomuk`. */
export function spokenPassphrase(): string {
  const words = crypto.getRandomValues(new Uint16Array(PASSPHRASE_BITS / BITS_PER_WORD))
  return [...words].map(proquint).join('-')
}

/** 16 bits as consonant, vowel, consonant, vowel, consonant. */
export function proquint(bits: number): string {
  const consonant = (shift: number) => CONSONANTS.charAt((bits >> shift) & 15)
  const vowel = (shift: number) => VOWELS.charAt((bits >> shift) & 3)
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0)
}
