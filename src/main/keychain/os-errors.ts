import { MusterError, messageOf } from '#shared/errors.ts'
import {
  osAmbiguous,
  osDenied,
  osFailed,
  osLocked,
  osUnavailable,
  osWithoutCollection,
} from './errors.ts'

// The binding throws plain errors whose text alone tells them apart. The texts are those of
// keyring-core 1 and its stores, of libdbus and zbus, and of Apple's Security framework
// (SecCopyErrorMessageString); order matters, the more telling ones first.
const MEANINGS: readonly (readonly [RegExp, (cause: unknown) => MusterError])[] = [
  [/Ambiguous|more than one|matches? multiple/i, osAmbiguous],
  // Secret Service: the prompt was closed, could not be shown, or was not asked for (IsLocked).
  [/prompt (was )?dismissed|IsLocked|object (is )?locked|locked object/i, osLocked],
  // macOS: errSecInteractionNotAllowed (-25308), errSecAuthFailed (-25293), errSecUserCanceled.
  [/interaction is not allowed|-25308/i, osLocked],
  [/user cancel+ed|passphrase you entered is not correct|-25293|-128\b/i, osDenied],
  [/DBus\.Error\.AccessDenied|security policy prevent/i, osDenied],
  [/SS error: result not returned|no result found/i, osWithoutCollection],
  // No bus, no service on it, a service that can't be started, hangs, or went away.
  [
    /(D-?|z)Bus|no secret service|\.service files|session does not exist|did not receive a reply/i,
    osUnavailable,
  ],
]

/** What a failure of the OS keychain means, as a typed error that keeps the original as cause. */
export function osError(thrown: unknown): MusterError {
  if (thrown instanceof MusterError) return thrown
  const text = messageOf(thrown)
  const meaning = MEANINGS.find(([pattern]) => pattern.test(text))
  return (meaning?.[1] ?? osFailed)(thrown)
}
