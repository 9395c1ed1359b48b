/** What kind of address follows: RFC 1928, section 5. */
export const ADDRESS_TYPE = { ipv4: 1, domain: 3, ipv6: 4 } as const;
