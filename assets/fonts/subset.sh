#!/bin/sh
# Cuts Inter to the signs that figures need: sh subset.sh FOLDER (the unpacked npm package @expo-google-fonts/inter).
set -e
here=$(dirname "$0")
signs='U+20-7E,U+A0-24F,U+2BB-2DD,U+300-304,U+306-308,U+30A-30C,U+327-328,U+370-3FF,U+400-45F,U+490-491,U+1E00-1EFF,U+2010-2027,U+2030-2044,U+2070-2094,U+20AC,U+2116,U+2122,U+2190-2199,U+2202,U+2206,U+220F,U+2211,U+2212,U+2215,U+221A,U+221E,U+222B,U+2248,U+2260,U+2264,U+2265,U+25A0-25CF,U+2713,U+2717,U+FFFD'
for style in 400Regular 600SemiBold; do
  name=$(echo "$style" | tr -d 0-9)
  for flavor in ttf woff2; do
    option=$([ $flavor = woff2 ] && echo --flavor=woff2 || true)
    pyftsubset "$1/$style/Inter_$style.ttf" --unicodes="$signs" --name-IDs='*' --layout-features=kern,mark,ccmp,tnum --no-hinting --no-recalc-timestamp $option --output-file="$here/Inter-$name.$flavor"
  done
done
