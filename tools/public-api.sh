#!/bin/sh
# Writes the public surface of the libraries down as it is: src/*/PublicAPI.Unshipped.txt. What changed is in `git diff`.
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for list in src/*/PublicAPI.Unshipped.txt; do
  printf '#nullable enable\n' > "$list"
done
# the tool uses all of them; what is not listed is a warning here
dotnet build src/Cli -v q -nologo -clp:NoSummary --no-incremental -p:TreatWarningsAsErrors=false > "$log" 2>&1 || { grep -E "error|rror:" "$log" >&2; exit 1; }
for list in src/*/PublicAPI.Unshipped.txt; do
  project=$(dirname "$list")
  sed -nE "s|.*RS0016: Symbol '(.*)' is not part of the declared public API.*/$project/[^/]*csproj.*|\1|p" "$log" \
    | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$project/PublicAPI.Shipped.txt" >> "$list"
  echo "$project: $(($(wc -l < "$list") - 1)) members"
done
