"""Formats of credentials, by provider. What they match must also look random, so that `ghp_xxxxxxxx...` in a manual stays out."""
# ruff: noqa: E501 - a pattern stays on one line: broken in two it is harder to read than long

_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

FORMATS = (
    r"\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}\b",  # AWS access key id
    r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b",  # GitHub
    r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas|ffct)-[\w.-]{20,}\b|\bGR1348941[\w-]{20}\b",  # GitLab
    r"\b[sr]k_(?:test|live|prod)_[A-Za-z0-9]{10,99}\b|\bwhsec_[A-Za-z0-9+/=]{24,}",  # Stripe
    r"\bsk-(?:ant-(?:api|admin|oat)\d\d-[\w-]{80,110}AA\b|(?:proj|svcacct|admin|or-v1)-[\w-]{20,}|[A-Za-z0-9]{20,})",  # Anthropic, OpenAI and those who copy its format
    r"\bAIza[\w-]{35}\b|\bGOCSPX-[\w-]{28}\b|\bya29\.[\w-]{20,}",  # Google
    r"\bhf_[A-Za-z]{34}\b|\bapi_org_[A-Za-z]{34}\b",  # Hugging Face
    r"\bnpm_[A-Za-z0-9]{36}\b",
    r"\bpypi-AgE[\w-]{50,}",
    r"\bSG\.[\w-]{16,32}\.[\w-]{16,64}",  # SendGrid
    r"\b(?:SK|AC)[0-9a-f]{32}\b",  # Twilio
    r"\bAccountKey=[A-Za-z0-9+/]{86}==",  # Azure storage
    _ENTRA := r"(?:^|[^\w~.-])([\w~.]{3}\dQ~[\w~.-]{26,34})(?:[^\w~.-]|$)",  # Entra client secret
    r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}(?:\.[\w-]*)?|\bops_eyJ[\w+/-]{100,}",  # JSON web token; 1Password service account
    r"\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}\b",  # 1Password secret key
    r"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b|\bglc_[A-Za-z0-9+/]{32,}={0,2}|\beyJrIjoi[A-Za-z0-9]{60,}={0,2}",  # Grafana
    _HASHICORP := r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}",  # HashiCorp
    r"\bhv[sbr]\.[\w-]{24,}",  # Vault
    r"\bdapi[0-9a-f]{32}\b",  # Databricks
    r"\bntn_[0-9]{11}[A-Za-z0-9]{35}\b",  # Notion
    r"\bFlyV1 fm\d[a-z]?_[\w+/=-]{40,}|\bfo1_[\w-]{43}\b",  # Fly.io
    r"\bsq0(?:atp|csp)-[\w-]{22,43}|\bEAAA[\w-]{56,60}\b",  # Square
    _FACEBOOK := r"\b\d{15,16}(?:\||%7C)[\w-]{27,40}\b",  # Facebook
    r"\bdo[por]_v1_[0-9a-f]{64}\b|\bshp(?:at|ss|ca|pa)_[0-9a-fA-F]{32}\b|\blin_api_[A-Za-z0-9]{40}\b|\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b",  # DigitalOcean, Shopify, Linear, Postman
    r"\brdme_[a-z0-9]{70}\b|\bpul-[0-9a-f]{40}\b|\bpnu_[A-Za-z0-9]{36}\b|\brubygems_[0-9a-f]{48}\b|\bdckr_(?:pat|oat)_[\w-]{27,}",  # ReadMe, Pulumi, Prefect, RubyGems, Docker
    r"\bgsk_[A-Za-z0-9]{40,}\b|\bxai-[A-Za-z0-9]{60,}\b|\bpplx-[A-Za-z0-9]{40,}\b|\br8_[A-Za-z0-9]{37}\b",  # Groq, xAI, Perplexity, Replicate
    _TELEGRAM := r"\b\d{8,10}:AA[\w-]{33}\b",  # Telegram
    r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b",
    _RARE
    := r"(?:^|[^\w+/=-])((?:aio_[A-Za-z0-9]{28}|LTAI[A-Za-z0-9]{20}|AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56}|ATATT3[\w=-]{186}|CLOJARS_[A-Za-z0-9]{60}|dp\.(?:pt|st|ct|sa|scim)\.[\w.-]{40,}|duffel_(?:test|live)_[\w=-]{43}|"
    r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}|EZ[AT]K[A-Za-z0-9]{54}|FLW(?:SECK|PUBK)_TEST-[0-9a-h]{12,32}(?:-X)?|fio-u-[\w=-]{64}|HRKU-AA[\w-]{58}|ico-[A-Za-z0-9]{32}|s-s4t2(?:ud|af)-[0-9a-f]{64}|"
    r"key-[0-9a-f]{32}|NR(?:AK|JS|II|RA)-[A-Za-z0-9-]{19,32}|API-[A-Z0-9]{26}|sha256~[\w-]{43}|pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}|(?:access|secret)-(?:sandbox|development|production)-[0-9a-f-]{36}|"
    r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}|sntry(?:s_eyJ[\w+/=]{80,}|u_[0-9a-f]{64})|sm_(?:aat|pat|sat)_[A-Za-z0-9]{16,}|shippo_(?:live|test)_[0-9a-f]{40}|sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}|tfp_[\w.=-]{59}|"
    r"AAAAAAAA[A-Za-z0-9%]{80,}|t1\.[\w-]+=*\.[\w-]{86}={0,2}|AQVN[\w-]{35,38}|YC[\w-]{38}|tk-us-[\w-]{48}|waka_[0-9a-f-]{36}|figd_[\w-]{40}|dop_[\w]{64}|sbp_[0-9a-f]{40}|vercel_[\w]{24,}|nfp_[A-Za-z0-9]{36,}|"
    r"phc_[A-Za-z0-9]{40,}|phx_[A-Za-z0-9]{40,}|lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|tvly-[\w-]{20,}|nvapi-[\w-]{60,}|fw_[A-Za-z0-9]{24}|cio-[\w-]{30,}|rnd_[A-Za-z0-9]{28,}|tskey-[a-z]+-[\w-]{20,}|CCIPAT_[\w]{40,}|glrtr?-[\w-]{20,}|"
    r"pat-(?:na|eu)1-[0-9a-f-]{36}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|pat\.[\w-]{22}\.[0-9a-f]{24}\.[\w]{20}|secret_[A-Za-z0-9]{43}|apify_api_[A-Za-z0-9]{36}|v1\.0-[0-9a-f]{24}-[0-9a-f]{146}|ATCTT3[\w=-]{60,}|BBDC-[A-Za-z0-9+/]{40,}))",
    _MORE
    := rf"(?:^|[^\w+/=-])((?:tg-[\w-]{{40,}}|sk-lf-{_UUID}|sk-helicone-[A-Za-z0-9-]{{27,}}|csk-[a-z0-9]{{40,}}|sk_[0-9a-f]{{40,}}|pa-[\w-]{{43}}|jina_[A-Za-z0-9]{{50,}}|pcsk_[A-Za-z0-9]{{4,8}}_[A-Za-z0-9]{{40,}}|tgp_v1_[\w-]{{40,}}|e2b_[0-9a-f]{{40}}|"
    rf"fc-[0-9a-f]{{32}}|ABSK[A-Za-z0-9+/]{{90,}}|amzn\.mws\.{_UUID}|AKID[A-Za-z0-9]{{32}}|SCW[A-Z0-9]{{17}}|1//0[\w-]{{40,}}|CFPAT-[\w-]{{40,}}|sl\.(?:u\.)?[\w-]{{90,}}|(?:sdk|api|mob)-{_UUID}|sk\.eyJ[\w-]{{20,}}\.[\w-]{{20,}}|"
    r"sb_secret_[\w-]{20,}|napi_[a-z0-9]{50,}|sq[pua]_[0-9a-f]{40}|bkua_[0-9a-f]{40}|oy2[a-z2-7]{43}|cio[A-Za-z0-9]{32}|access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[0-9a-f]{32}|rzp_(?:live|test)_[A-Za-z0-9]{14}|pk_[0-9a-f]{34}|"
    r"pk_\d{6,9}_[A-Z0-9]{32}|(?:live|test)_[0-9a-f]{35}|EAA[A-Za-z0-9]{90,}|dbt[cu]_[\w-]{36,}|hc[abx][il]k_[0-9a-z]{50,}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}|bb_live_[\w-]{20,}|[12]/\d{16}(?:/\d{16})?:[0-9a-f]{32}))",
    _AZURE := r"\b[A-Za-z0-9]{40,}(?:AZDO|JQQJ9[9D])[A-Za-z0-9]{4}",  # Azure DevOps, Azure AI services
    _DISCORD := r"\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38}\b",  # a bot of Discord
    _MAILCHIMP := r"\b[0-9a-f]{32}-us\d{1,2}\b",
)
"""Adafruit, Alibaba, Artifactory, Atlassian, Clojars, Doppler, Duffel, Dynatrace, EasyPost, Flutterwave, Frame.io, Heroku, Infracost and others;
then this gateway's own, makers of models (Langfuse, Helicone, Cerebras, ElevenLabs, Voyage, Jina, Pinecone, Together, E2B, Firecrawl), clouds (Amazon,
Tencent, Scaleway, Google), builders (Contentful, Dropbox, LaunchDarkly, Mapbox, Supabase, Neon, Sonar, Buildkite, NuGet, crates.io, dbt, Honeycomb),
and those of payments and offices (PayPal, Razorpay, Klaviyo, Lob, Facebook, ClickUp, Resend, Browserbase, Asana)."""

GATES = {
    _ENTRA: r"\dQ~",
    _HASHICORP: r"\.atlasv1\.",
    _FACEBOOK: r"\d(?:\||%7C)",
    _TELEGRAM: r"\d:AA",
    _MORE: r"\b(?:tg-\w|sk-(?:lf|he)|csk-|sk_[0-9a-f]{8}|pa-[A-Za-z0-9]{8}|jina_|pcsk_|tgp_v1|e2b_|fc-[0-9a-f]{8}|ABSK|amzn\.mws|AKID|SCW[A-Z0-9]|1//0|CFPAT|sl\.[\w-]|(?:sdk|api|mob)-[0-9a-f]{8}-|sk\.eyJ|sb_secret|napi_|sq[pua]_|bkua_|oy2|cio[A-Za-z0-9]{9}|access_token\$|rzp_|pk_[0-9a-f]{6}|(?:live|test)_[0-9a-f]{8}|EAA[A-Za-z0-9]{9}|dbt[cu]_|hc[abx][il]k_|re_[A-Za-z0-9]{8}_|bb_live|[12]/\d{16})",
    _AZURE: r"(?:AZDO|JQQJ9[9D])[A-Za-z0-9]{4}",
    _DISCORD: r"\.[\w-]{6}\.[\w-]{27}",
    _MAILCHIMP: r"[0-9a-f]-us\d",
    _RARE: r"\b(?:aio_|LTAI|AKCp|cmVm|AT[AC]TT|CLOJ|dp\.|duffel_|dt0c|EZ[AT]K|FLW|fio-|HRKU|ico-|s-s4|key-[0-9a-f]|NR[AJIR]|API-|sha256~|pscale|access-|secret[-_]|xkeysib|sntry|sm_|shippo|sgp_|tfp_|AAAAAAAA|t1\.|AQVN|YC|tk-us|waka_|figd_|dop_|sbp_|vercel_|nfp_|ph[cx]_|lsv2_|tvly-|nvapi|fw_|cio-|rnd_|tskey|CCIPAT|glrt|pat(?:-(?:na|eu)1|\.[\w-]{22}|[A-Za-z0-9]{14}\.)|apify|v1\.0-|BBDC)",
}
"""Of those that begin like any word or number, and of many at once."""

CERTAIN = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[\s\\rn\"'+,]*[A-Za-z0-9+/=]{16,})*(?:[\s\\rn\"'+,]*-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?",
    r"\bxox[abeoprs]-(?:\d-)?\d{6,14}-\d{5,14}-[0-9-]*[A-Za-z][A-Za-z0-9-]*|\bxapp-\d-[A-Z0-9]{9,12}-\d{9,14}-[0-9a-f]{32,}\b|\bxoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{100,}",  # Slack
    r"(?i)\bhooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}|\bhooks\.zapier\.com/hooks/catch/\d+/\w+|\bdiscord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}|\bwebhook\.office\.com/webhookb2/[0-9a-f-]{36}@",
    r"\bPuTTY-User-Key-File-\d: [a-z]",
    r"\"type\": ?\"service_account\"",  # the head of a Google service account's key file
)
"""Formats that need no further look."""
