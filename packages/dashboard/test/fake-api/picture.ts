const hue = (ordinal: number, step: number): number => (ordinal * 47 + step * 61) % 360;

/** A picture no other ordinal has. */
export const pictureOf = (ordinal: number, width: number, height: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 100 100" preserveAspectRatio="xMidYMid slice">
  <defs><radialGradient id="g" cx="${20 + ((ordinal * 13) % 60)}%" cy="${20 + ((ordinal * 29) % 60)}%" r="85%">
    <stop offset="0" stop-color="hsl(${hue(ordinal, 0)} 70% 72%)"/>
    <stop offset=".55" stop-color="hsl(${hue(ordinal, 1)} 55% 45%)"/>
    <stop offset="1" stop-color="hsl(${hue(ordinal, 2)} 60% 16%)"/>
  </radialGradient></defs>
  <rect width="100" height="100" fill="url(#g)"/>
  <circle cx="${(ordinal * 37) % 100}" cy="${(ordinal * 53) % 100}" r="${12 + (ordinal % 5) * 5}" fill="hsl(${hue(ordinal, 3)} 80% 70% / .45)"/>
</svg>`;
