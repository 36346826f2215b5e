import { describe, expect, it } from "vitest";
import { holdsSecret } from "./secrets.ts";

describe("a note that states a secret", () => {
  it.each([
    "The user's password is hunter2.",
    "Mein Passwort ist hunter2.",
    "Das Kennwort lautet Sommer2024!",
    "Le mot de passe est azerty99.",
    "La contraseña es gato-1234.",
    "password: hunter2",
    "The password is swordfish.",
    'The password is "open sesame1".',
    "The wifi password at home is blue-horse-77",
    "The password for the router is 12345678.",
    "The user changed the password to hunter2; password was changed to hunter3.",
    "The user's password hunter22 still works.",
    "hunter2 is the user's password.",
    "The user uses hunter2 as password.",
    "The user's PIN is 4711",
    "PIN 4711",
    "The PIN code for the card is 4711.",
    "Die PIN ist 4711.",
    "Card 4111 1111 1111 1111",
    "The card is 5500-0000-0000-0004.",
    "Amex 378282246310005, expires 12/29",
    "api key = 9f86d081884c7d659a2feaa0c55ad015",
    "The API key of the user 9f86d081884c7d659a2feaa0c55ad015",
    "The token is abc123xyz.",
    "secret: Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
    "AKIAIOSFODNN7EXAMPLE is the key",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "-----BEGIN PRIVATE KEY-----",
  ])("is refused: %s", (text) => {
    expect(holdsSecret(text)).toBe(true);
  });

  it.each([
    "The user lost her keys.",
    "The user works on the token ring network.",
    "The user's password manager is 1Password.",
    "1Password is the user's password manager.",
    "The user keeps passwords in LastPass.",
    "The password is stored in the vault.",
    "The user's password is too weak.",
    "The user's password is wrong.",
    "The user forgot the password and is annoyed.",
    "The key is under the mat.",
    "The user's secret is chocolate.",
    "The key to a good sauce is patience.",
    "The user likes pins from 1984.",
    "The user's office key is at the front desk, room 204.",
    "The song is in the key of F minor.",
    "The user wants passwords with at least 16 characters.",
    "The user's phone number is +49 1512 3456 789.",
    "The user's ISBN is 978-3-16-148410-0.",
    "The user's IBAN is DE89 3704 0044 0532 0130 00.",
    "The order number is 1234567890123.",
    "The commit is 9f86d081884c7d659a2feaa0c55ad015.",
    "The user was born on 1990-05-12 and lives at 221 Baker Street.",
    "The user has a card from 4 companies.",
  ])("is not suspected: %s", (text) => {
    expect(holdsSecret(text)).toBe(false);
  });

  it("is told from a number of the same length that is no card's", () => {
    expect(holdsSecret("Order 4111 1111 1111 1112")).toBe(false);
  });

  it("takes no time that grows with the square of what it is given", () => {
    const text = `password ${"for a ".repeat(80)} ${"4 ".repeat(20)}`;
    expect(holdsSecret(text)).toBe(false);
  });
});
