/** Postal addresses of an account. Orders keep a copy of theirs, so a change here never changes an order. */

export interface AddressFields {
  readonly recipient: string;
  readonly company: string | null;
  readonly line1: string;
  readonly line2: string | null;
  readonly city: string;
  readonly region: string | null;
  readonly postalCode: string | null;
  readonly countryCode: string;
  readonly phone: string | null;
}

/** Where things are sent and billed to unless the customer says otherwise: at most one address each. */
export interface AddressDefaults {
  readonly isDefaultShipping: boolean;
  readonly isDefaultBilling: boolean;
}

export type NewAddress = AddressFields & AddressDefaults;

/** A merge patch: absent members stay. */
export type AddressPatch = { readonly [Name in keyof NewAddress]?: NewAddress[Name] | undefined };

export interface Address extends NewAddress {
  readonly id: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
