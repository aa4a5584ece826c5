# shellcheck shell=bash
# csharp FOLDER PACKAGE@VERSION...   compiles the program on standard input in FOLDER, packages and all, and runs it there.
# The C# files beside this one are compiled with it as far as their packages are asked for.
csharp() {
    local folder=$1 library package
    library=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    shift
    cp "$library/Seen.cs" "$library/Onnx.cs" "$folder/"
    cat > "$folder/Program.cs"
    {
        echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>'
        echo '<Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><AllowUnsafeBlocks>true</AllowUnsafeBlocks>'
        echo '<UseSharedCompilation>false</UseSharedCompilation>'
        echo '<ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally></PropertyGroup><ItemGroup>'
        for package; do
            echo "<PackageReference Include=\"${package%@*}\" Version=\"[${package#*@}]\" />"
            case $package in
                Microsoft.ML.OnnxRuntime@*) cp "$library/Ort.cs" "$folder/" ;;
                Microsoft.ML.OnnxRuntimeGenAI@*) cp "$library/TinyGenAiModel.cs" "$folder/" ;;
                Google.FlatBuffers@*) cp "$library/OnnxAdapter.cs" "$folder/" ;;
            esac
        done
        echo '</ItemGroup></Project>'
    } > "$folder/app.csproj"
    (
        cd "$folder" || exit
        export NUGET_PACKAGES=$folder/packages DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 ORT_DISABLE_TELEMETRY=1
        dotnet build app.csproj -c Release -o out -v q -nologo --nodereuse:false > build.log || { cat build.log; exit 1; }
        dotnet out/app.dll
    )
}
