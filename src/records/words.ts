/**
 * The words of labels: harmless ones, of which no two share their first four letters. Taken from the English list of BIP 39 as
 * @scure/bip39 has it (MIT, see NOTICE). Their order is part of what a label means: a label that was written stays what it is.
 */
export const WORDS: readonly string[] = `
absorb abstract access account achieve acoustic acquire actual adapt address adjust admit advance advice
aerobic afford agent agree ahead airport aisle alarm album alert allow alpha alter amount amused analyst
anchor ancient angle animal announce annual answer antenna antique appear apple approve april arctic arena
armor around arrange arrive arrow artefact artist artwork aspect asset assist assume athlete atom attend
attitude attract auction audit august author auto autumn average avocado awake away awesome axis badge
balance balcony ball bamboo banana banner bargain barrel base basic basket battle beach bean beauty believe
benefit better beyond bicycle bike bind biology blanket blossom blouse blue board boat bonus book boost
border borrow bounce box bracket brass brave bread breeze brick bridge brief bright bring broccoli bronze
broom brush bubble buddy budget buffalo build bulb bundle bus business buzz cabbage cabin cable cactus cake
calm camera camp canal candy canoe canvas canyon capital captain carbon card cargo carpet carry cash castle
cat catalog category ceiling celery cement census century cereal chair chalk champion change chapter chase
check cheese chef cherry chest chimney choice choose chuckle churn cinnamon circle city clap clarify clean
clerk clever click cliff climb clog close cloth cloud club cluster coach coast coconut code coffee coil
collect color column combine comfort comic common company concert conduct confirm congress connect consider
control convince copper copy coral corn cotton country couple course cousin cover coyote cradle craft crane
cream credit creek crew cricket crisp crop cross crowd cruise crystal cube culture cup cupboard curious
current curve cushion custom cycle dance daring dawn day debate decade december decorate deer define degree
deliver dentist depart depth derive describe desert design desk detail develop device diagram dial diamond
diary dice diesel digital dignity dinner dinosaur direct discover dish display document dog doll dolphin
domain donate door double dove dragon draw dress drift drill drum duck dune dynamic eager eagle early earth
easily east echo ecology economy edge edit educate effort egg elbow electric elegant element elephant
elevator embark embody embrace emerge emotion employ empower enable enact energy engage engine enhance enjoy
enlist enrich ensure enter entire entry envelope episode equal equip era essay essence estate eternal ethics
evoke evolve example excess exchange excite exercise exhibit exotic expand expect explain express extend
extra fabric faculty family famous fancy fantasy farm fashion favorite feature february federal feel fence
festival fetch fiber fiction field figure file filter final finger finish first fitness fix flag flash
flavor flight flip float flock floor flower fluid fly foam focus fold follow forest fork fortune forum
forward fossil foster found frame frequent fresh friend fringe frog front fruit fun future gadget galaxy
gallery game garage garden garment gather gauge gentle genuine gesture gift giggle giraffe give glad glance
glass glide glimpse globe glory good govern gown grace grain grant gravity great green grid grocery group
grow guess guitar gym habit hammer hamster hand happy harbor harvest hawk hedgehog height hello helmet help
hero high hint history hobby hockey holiday home honey horse hotel hour hub humor hundred icon idea image
index indicate indoor inspire install invest invite island isolate item ivory jacket jaguar jar jazz jeans
jelly jewel job join joke journey juice jump jungle kangaroo keen ketchup key kingdom kitchen kite kitten
kiwi knock know lab ladder language laptop laugh laundry layer leader leaf learn leave lecture legend
leisure lemon length lens leopard lesson level liberty library license life link lion list lizard load
lobster local logic long loop lounge lucky luggage lumber lunar lunch luxury lyrics machine magic magnet
mail major manage mango mansion manual maple marble march margin marine market material math matrix matter
maximum meadow measure medal media melody melt member memory mention menu merit merry mesh message method
middle midnight milk million mimic miracle mirror mixture mobile model modify moment monitor month moon
morning motor mountain muffin multiply museum mushroom music mystery napkin nation nature nest network news
night noble nominee noodle north notable note notice novel nut oak ocean october olive olympic onion online
opera opinion option orange orbit orchard orient original ostrich outdoor output outside oven oxygen oyster
ozone pact paddle page pair palace panda panel panther paper parade park parrot party pass patch patrol
pattern pause payment peace peanut pear pelican pen pencil pepper phone photo phrase piano picnic picture
piece pilot pioneer pipe pizza planet plastic plate play please pledge pluck plug plunge poem point polar
pole pond pool portion position post potato pottery powder praise prepare present price promote proof
property proud provide public pudding pulse pumpkin puppy puzzle pyramid quality quantum quarter question
quick quote rabbit raccoon radar radio rally ranch random rapid raven ready recipe record reflect region
relax rely remember renew reopen repair repeat rescue result return reunion reveal review reward rhythm rib
ribbon ride ripple river robot robust rocket romance rose rotate route royal rubber rug runway rural safe
salad salmon salt salute sample satisfy sauce scale scene scheme school science scissors scout screen script
search seat second section segment series service seven share shell shield shine ship shoe shrimp shuffle
sign silent silver size skate sketch ski skill sleep slice slogan slot smart smile smooth snap soccer social
soda soft solid solution solve soup source south space special speed sphere spin sponsor spoon sport spray
spread spring square squeeze squirrel stadium stage stairs stamp steel step stereo stick stone stool story
strategy street strike strong student subway success sugar summer sunny sunset super supreme surface sweet
swim switch symbol syrup system talent tape taste taxi tennis tent theme theory thought three thrive thumb
thunder ticket tiger tilt timber tip title today together token tomato tomorrow topic torch tortoise tower
toy track trade traffic travel tray trend trim trophy true truly trumpet trust tuna tunnel turkey turn
turtle twelve twenty twin twist umbrella uniform unique universe unlock unveil update upgrade urban useful
valley valve vapor vault vehicle velvet vendor venture verb verify version vessel veteran vibrant victory
video view village vintage violin visit visual vivid voice volcano volume voyage wagon walnut water wave
wealth weather web wedding weekend welcome wheat wheel whisper window wine winter wisdom wolf wonder world
wrist yellow zebra zoo
`
  .trim()
  .split(/\s+/);
