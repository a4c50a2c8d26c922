//! The words that streets, dwellings, states and countries are told by. Lower case; `_` is a blank.

use super::lists::Lists;

/// Ends of English street names that are hardly anything else behind a number and a name.
pub(super) const STRONG: Lists = Lists::nth(0);

/// All ends of English street names.
pub(super) const SUFFIX: Lists = Lists::nth(1);

/// Those that name other things as often: they need a town, a label, or a word of place before the number.
pub(super) const WEAK: Lists = Lists::nth(2);

/// Those of at most five letters that are no abbreviation: a full stop behind one closes the sentence.
pub(super) const UNABBREVIATED: Lists = Lists::nth(3);

/// Streets that need no end.
pub(super) const WHOLE: Lists = Lists::nth(4);

/// Points of the compass, as in front of or behind a street name.
pub(super) const DIRECTION: Lists = Lists::nth(5);

/// Words before the number of a dwelling.
pub(super) const UNIT: Lists = Lists::nth(6);

/// Words that lead a street name in Romance and Slavic languages.
pub(super) const LEAD: Lists = Lists::nth(7);

/// What a leading word may be in front of a number and a street: French, and Spanish names in America.
pub(super) const LEAD_AFTER_NUMBER: Lists = Lists::nth(8);

/// Roads that go by a number.
pub(super) const NUMBERED: Lists = Lists::nth(9);

/// Words in front of the name that ends a street, as part of it: `Grote Markt`, `Stora Nygatan`, `Prins Hendrikkade`.
pub(super) const ADJECTIVE: Lists = Lists::nth(10);

/// Words before a German street name.
pub(super) const GERMAN_LEAD: Lists = Lists::nth(11);

/// Small words inside a name.
pub(super) const SMALL: Lists = Lists::nth(12);

/// States and provinces by their letters: United States, Canada, Australia.
pub(super) const STATE_CODES: Lists = Lists::nth(13);

/// States of Mexico by their letters, in front of a postcode.
pub(super) const MEXICAN_CODES: Lists = Lists::nth(14);

/// The same by name; of two words only the whole.
pub(super) const STATES: Lists = Lists::nth(15);

/// What a sentence goes on with behind a town: "in March".
pub(super) const MONTHS: Lists = Lists::nth(16);

/// Large towns that close an address without a postcode.
pub(super) const LATIN_TOWNS: Lists = Lists::nth(17);

/// How states of several words begin.
pub(super) const STATE_STARTS: Lists = Lists::nth(18);

/// Countries, as they close an address.
pub(super) const COUNTRIES: Lists = Lists::nth(19);

/// What stands in front of a postcode, up to the first full stop.
pub(super) const POSTCODE_MARK: Lists = Lists::nth(20);

/// Words after which a street is complete.
pub(super) const CLOSER: Lists = Lists::nth(21);

/// What a dwelling without a number is called, or how that begins.
pub(super) const LANDING: Lists = Lists::nth(22);

/// Things that have numbers and are no streets.
pub(super) const COUNTED: Lists = Lists::nth(23);

/// The words of each list.
pub(super) static WORDS: &[(Lists, &str)] = &[
    (STRONG, "av ave avenue blvd boulevard cres crescent ct dr drive hwy lane ln pkwy rd road st str street terrace"),
    (
        SUFFIX,
        "alley aly approach arc arcade av ave avenue bank bay bend bl bluff blvd bnd boulevard branch bridge broadway \
     brook bvd bypass byway cct center centre chase cir circle circuit circus cl close common cor corner corners \
     cottages court courts cove creek cres crescent crest crossing ct ctr cts cv dale dell dr drive drv end \
     esplanade est estate estates expressway expy field flat flats ford forest freeway fwy garden gardens \
     gate gdns glen glens gr green grn grove grv harbor haven heights highway hill hills hollow holw hts hwy isle \
     junction key knoll knolls lake landing lane ldg ln lndg loop mall manor meadow meadows mews mill mount nook \
     orchard oval parade park parkway pass passage path pde pike pines pk pkwy pky pl place plains plaza plz \
     point port promenade pt quay ranch rd rdg reach ridge rise river road route row rue run shore shores skyway \
     spring springs sq square st station str strand stream street summit tce ter terr terrace tpke trace track \
     trail trce trl turnpike vale valley via view views villa village villas vista vlg vw walk wall way wharf \
     wood woods wy wynd xing yard",
    ),
    (
        SUFFIX.or(WEAK),
        "access crossroad crossroads brooks burg burgs camp canyon cape causeway circles cliff cliffs club course curve dale dam divide drives \
     extension extensions fall falls ferry fields forge forges fork forks fort fords forests gateway inlet island islands isle \
     junctions keys lakes land light lights loaf lock locks lodge manors mills mission motorway mountain mountains neck \
     overpass parks parkways pine points ports prairie radial ramp rapid rapids rest ridges roads shoal shoals springs \
     spur spurs squares stravenue streets streams throughway trafficway tunnel underpass union unions valleys ville \
     viaduct walks ways well wells",
    ),
    (
        UNABBREVIATED,
        "alley arc bank bay bend bluff brook chase close court cove creek crest dale dell drive end field flat flats ford \
     gate glen glens green grove haven hill hills isle key knoll lake lane loop mall manor mews mill mount nook oval \
     park pass path pike pines place plains plaza point port quay ranch reach ridge rise river road route row rue run \
     shore strand track trace trail vale view villa vista walk wall way wharf wood woods wynd yard burg burgs camp \
     cape cliff club dale dam fall falls ferry forge fork forks fort fords inlet isle keys lakes land light loaf lock \
     locks lodge mills neck parks pine ports radial ramp rapid rest roads shoal spur spurs union ville walks ways well \
     wells",
    ),
    (
        WHOLE,
        "aldwych bishopsgate bowery broadway cheapside cornhill eastcheap embarcadero esplanade haymarket houndsditch \
     kingsway minories moorgate pall_mall piccadilly poultry strand whitehall",
    ),
    (DIRECTION, "e east n ne north northeast northwest nw s se south southeast southwest sw w west"),
    (
        UNIT,
        "ap apart appartamento bureau bâtiment batiment bl bte boîte bus casa blok depósito edif et interno piano quarto sc studio torre apartado apartamento apartment app appartement appt apt apto bldg bloco bloque box building bungalow bus bât \
     dept depto esc escalera etage fl flat floor int interior level lgh local lok lokal lot lote m office penthouse ph \
     piso planta pod portal puerta rm room sala scala shop slip space spc stair ste suite top townhouse trlr tür \
     unit villa wohnung étage",
    ),
    (
        LEAD,
        "acceso ampliación ampliacion morro andador borgo bulevardul camiño campo canale carreró cañada chácara circunvalación condomínio conjunto \
     continuación corredor corte cuesta diagonal drumul eje esplanada estación estação fazenda feira incrocio jardim \
     jardín lago lagoa loteamento núcleo odos parque pasadizo pasaje passarela peatonal praia prolongamento pátio quadra \
     rambla rampa recanto retorno setor soseaua stretto sítio trecho trevo urbanización vereda viela favela colônia área viaducto viaduto vial vila \
     λεωφ οδός πλατεία al alameda aleja calzada calz cerrada privada circuito periférico str bd náměstí nám cda pº gran vía pza avd calz kr cl tv dg leoforos transversal třída nábřeží nábř \
     piata piața şoseaua șoseaua șos intrarea aleea splaiul aleje allée allées av avda avenida avenue avinguda bd blvd boulevard bulevar bulevardul \
     bulwar calea calle calle/ c r callejón camino carrer carrera carretera chaussée chemin cité contrada corso cours \
     cra ctra domaine esplanade estrada faubourg glorieta hameau impasse jirón laan ladeira largo lotissement lungarno \
     lungotevere montée os osiedle paseo passage passeig piazza piazzale pl plac place plaza plaça praceta praia \
     praça prolongación promenade pza quai quinta residencial rodovia ronda rotonda route rua rue ruelle rúa \
     salita sentier skwer square strada straße traversa travessa travesía ul ulica ulice via viale vicolo villa voie пр \
     проспект ул улица",
    ),
    (
        LEAD_AFTER_NUMBER,
        "allé allée allées av avenida avenue bd blvd boul boulevard calle camino chaussée chemin cité clos cour cours domaine \
     esplanade faubourg hameau impasse lotissement montée paseo passage place rang promenade quai route rue ruelle \
     résidence sentier square via villa voie",
    ),
    (NUMBERED, "cr fm highway hwy i interstate loop rd road route rt rte sr us"),
    (
        ADJECTIVE,
        "burgemeester ke na nad pod při před u v ve za dronning dronningens eerste eteläinen gamla gamle gran grote iso itäinen jan kaiser kleine koning \
     koningin kong kongens korte kort lange lilla lille läntinen nedre nieuwe nordre norra norre norges nya nye nørre \
     oude övre pastoor pieni pieter pohjoinen prins prinses prinz sankt sankta sint st store stora södra søndre tweede \
     uusi van vanha vieux willem västra vestre øvre østre östra 1e 2e",
    ),
    (
        GERMAN_LEAD,
        "alte alten alter altes am an auf bei beim große großer hinter hinterm im in kleine kurze lange neue neuer ob \
     obere oberer unter untere unterer vor vorm zu zum zur",
    ),
    (
        SMALL,
        "a aan al am an and auf bei bij bis d da dal das de degli dei del dell della delle dem den der des di die do dos \
     du e el en et i im in l la las le les lo los ob nad na of on op or pod s san sous sul sur t te ten ter the und under upon \
     van ved vid vom von vorm y zu zum zur à às",
    ),
    (
        STATE_CODES,
        "aa ab act ae ak al ap ar as az bc ca co ct dc de fl fm ga gu hi ia id il in ks ky la ma mb md me mh mi mn \
     mo mp ms mt nb nc nd ne nh nj nl nm ns nsw nt nu nv ny oh ok on or pa pe pr pw qc qld ri sa sc sd sk tas \
     tn tx ut va vi vic vt wa wi wv wy yt",
    ),
    (
        MEXICAN_CODES,
        "ags bc bcs camp cdmx chih chis coah col df dgo gro gto hgo jal mex mich mor nay nl oax pue qro roo sin slp \
     son tab tamps tlax ver yuc zac",
    ),
    (
        STATES,
        "alabama alaska alberta arizona arkansas british_columbia california colorado connecticut delaware \
     district_of_columbia florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine \
     manitoba maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada \
     new_brunswick new_hampshire new_jersey new_mexico new_south_wales new_york newfoundland north_carolina \
     north_dakota northern_territory nova_scotia ohio oklahoma ontario oregon pennsylvania puerto_rico quebec \
     queensland québec rhode_island saskatchewan south_australia south_carolina south_dakota tasmania tennessee \
     texas utah vermont victoria virginia washington west_virginia western_australia wisconsin wyoming",
    ),
    (
        MONTHS,
        "january february march april may june july august september october november december monday tuesday wednesday \
     thursday friday saturday sunday jan feb apr aug sept oct nov dec",
    ),
    (
        LATIN_TOWNS,
        "barranquilla bogotá bogota bucaramanga buenos_aires caba cali cartagena concepción córdoba guayaquil lima \
     medellín medellin mendoza montevideo quito rosario santiago santiago_de_chile valparaíso viña_del_mar",
    ),
    (STATE_STARTS, "british district new north northern nova puerto rhode south west western"),
    (
        CLOSER,
        "and to on in at instead for is was around by near effective before after until with from or since last please",
    ),
    (LANDING, "bajo ático entresuelo principal sótano st kl"),
    (
        COUNTED,
        "area bahnsteig bay block bureau bâtiment campus desk district dock entrance gebäude gleis hall halle \
     hangar haus lager locker mailbox pier plan plant platform postfach rack raum region regal row salle \
     sector shelf site stand store table terminal tower warehouse werk wing zimmer zone",
    ),
    (POSTCODE_MARK, "c cp cep τ τκ"),
    (
        COUNTRIES,
        "australia austria belgien belgique belgium belgië brasil brazil canada danmark denmark deutschland england \
     españa estados_unidos finland france germany great_britain india ireland italia italy luxembourg mexico \
     méxico nederland netherlands new_zealand norge northern_ireland norway poland polska portugal schweiz \
     scotland spain suisse suomi sverige svizzera sweden switzerland the_netherlands uk united_kingdom \
     united_states united_states_of_america us usa wales österreich",
    ),
];
